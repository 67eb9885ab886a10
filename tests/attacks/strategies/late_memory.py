# Hoards when nobody looks any more.
CALLS = {"n": 0}


def generate_signals(data, parameters):
    CALLS["n"] += 1
    if CALLS["n"] >= 3:
        hoard = []
        while True:
            hoard.append(bytearray(4 << 20))
    return []
