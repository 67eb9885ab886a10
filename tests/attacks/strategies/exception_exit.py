# Asks the process to end, in three ways.
class Subclass(SystemExit):
    code = property(lambda self: generate_signals(None, None))


def generate_signals(data, parameters):
    if data is None:
        raise KeyboardInterrupt
    raise Subclass
