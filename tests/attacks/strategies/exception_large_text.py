# A hundred megabytes of reasons.
class Large(Exception):
    def __str__(self):
        return "reason " * (100 << 17)


def generate_signals(data, parameters):
    raise Large
