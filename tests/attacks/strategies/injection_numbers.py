# Numbers that are none.
def generate_signals(data, parameters):
    wrong = [float("nan"), float("inf"), -1.0, 1e308]
    return [{"symbol": "BTCUSDT", "action": "BUY", "quantity": value, "confidence": value} for value in wrong]
