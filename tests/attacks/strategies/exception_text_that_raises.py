# Asking for the text is the next error.
class Hostile(Exception):
    def __str__(self):
        raise self

    __repr__ = __str__


def generate_signals(data, parameters):
    raise Hostile
