# Takes no time of the processor at all.
import time


def generate_signals(data, parameters):
    time.sleep(10**6)
