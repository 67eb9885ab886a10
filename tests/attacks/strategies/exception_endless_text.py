# The text of the error never ends.
class Endless(Exception):
    def __str__(self):
        while True:
            pass


def generate_signals(data, parameters):
    raise Endless
