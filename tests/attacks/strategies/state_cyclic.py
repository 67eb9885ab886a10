# A global that contains itself.
STATE = {"count": 0}


def generate_signals(data, parameters):
    STATE["count"] += 1
    STATE["self"] = STATE
    return []
