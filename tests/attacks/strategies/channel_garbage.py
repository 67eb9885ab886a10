# Megabytes that are no message.
import os


def generate_signals(data, parameters):
    while True:
        os.write(0, bytes(range(256)) * 256)
