# Called back when a signal it has returned is forgotten.
import weakref


class Signal(dict):
    pass


def generate_signals(data, parameters):
    signal = Signal(symbol="BTCUSDT", action="BUY", confidence=0.5)
    weakref.finalize(signal, open, "/tmp/PWNED-finalize", "w")
    return [signal]
