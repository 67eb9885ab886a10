# A global that is nested deeper than any encoder's stack.
STATE = {"value": []}


def generate_signals(data, parameters):
    global STATE
    deep = []
    for _ in range(100_000):
        deep = [deep]
    STATE = {"value": deep}
    return []
