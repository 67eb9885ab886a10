# Behaves twice, then never comes back.
CALLS = {"n": 0}


def generate_signals(data, parameters):
    CALLS["n"] += 1
    while CALLS["n"] >= 3:
        pass
    return [{"symbol": "BTCUSDT", "action": "BUY", "confidence": 0.5}]
