# Announces four gigabytes.
import os


def generate_signals(data, parameters):
    os.write(0, b"\xff\xff\xff\xff" + b"A" * 1000)
    return []
