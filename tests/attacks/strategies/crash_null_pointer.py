# Reads address 0.
import ctypes


def generate_signals(data, parameters):
    ctypes.string_at(0)
    return []
