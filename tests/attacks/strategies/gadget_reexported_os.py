# An allowed module has imported os for itself.
import logging


def generate_signals(data, parameters):
    logging.os.mkdir("/tmp/PWNED-logging")
    return []
