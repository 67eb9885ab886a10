# Warnings and log records end up in the same place.
import logging
import warnings


def generate_signals(data, parameters):
    warnings.simplefilter("always")
    for number in range(10**9):
        warnings.warn(f"flood {number}", stacklevel=1)
        logging.error("flood %s", number)
