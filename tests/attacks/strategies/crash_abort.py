# Ends by its own hand, as a failed assertion in C would.
import os


def generate_signals(data, parameters):
    os.abort()
