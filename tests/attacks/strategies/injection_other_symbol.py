# A symbol that nobody has subscribed.
def generate_signals(data, parameters):
    return [{"symbol": "ETHUSDT", "action": "BUY", "confidence": 1.0}]
