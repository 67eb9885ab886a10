# Never comes back, and the interpreter never gets a turn.
def generate_signals(data, parameters):
    return [{"symbol": "BTCUSDT", "action": "BUY", "metadata": {"sum": sum(range(10**13))}}]
