# A global that grows by megabytes each time.
HISTORY = []


def generate_signals(data, parameters):
    HISTORY.append("x" * (2 << 20))
    return []
