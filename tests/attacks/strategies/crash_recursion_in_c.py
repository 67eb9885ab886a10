# A comparison that recurses in C, past Python's own counter.
def generate_signals(data, parameters):
    left, right = [], []
    for _ in range(200_000):
        left, right = [left], [right]
    return [{"symbol": "BTCUSDT", "action": "BUY", "metadata": {"equal": left == right}}]
