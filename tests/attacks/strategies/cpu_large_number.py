# One multiplication that takes for ever.
def generate_signals(data, parameters):
    return [{"symbol": "BTCUSDT", "action": "BUY", "metadata": {"digits": 7 ** (10**9) % 10}}]
