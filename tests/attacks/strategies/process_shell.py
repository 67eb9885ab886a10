# A shell and its commands.
import os


def generate_signals(data, parameters):
    os.system("touch /tmp/PWNED-shell; sleep 30 &")
    return []
