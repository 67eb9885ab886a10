# Takes the memory before anybody has asked for anything.
HOARD = "x" * (8 << 30)


def generate_signals(data, parameters):
    return []
