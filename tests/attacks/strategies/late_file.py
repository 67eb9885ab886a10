# Behaves twice, then does what it came for.
CALLS = {"n": 0}


def generate_signals(data, parameters):
    CALLS["n"] += 1
    if CALLS["n"] >= 3:
        open("/tmp/PWNED-late", "w").close()
    return [{"symbol": "BTCUSDT", "action": "BUY", "confidence": 0.5}]
