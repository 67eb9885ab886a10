# Ten thousand decisions in one evaluation.
def generate_signals(data, parameters):
    return [{"symbol": "BTCUSDT", "action": "BUY", "quantity": number + 1} for number in range(10_000)]
