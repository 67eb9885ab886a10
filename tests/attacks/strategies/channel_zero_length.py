# Announces nothing, many times.
import os


def generate_signals(data, parameters):
    os.write(0, b"\x00\x00\x00\x00" * 64)
    return []
