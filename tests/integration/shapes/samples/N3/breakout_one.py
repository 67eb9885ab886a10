import numpy as np


def generate_signals(data):
    found = []
    for symbol, frame in data.items():
        highs, lows = frame["high"].to_numpy()[-21:-1], frame["low"].to_numpy()[-21:-1]
        price = frame["close"].to_numpy()[-1]
        if len(highs) == 20 and price > np.max(highs):
            found.append({"symbol": symbol, "action": "BUY", "take_profit": price * 1.01})
        if len(lows) == 20 and price < np.min(lows):
            found.append({"symbol": symbol, "action": "SELL", "take_profit": price * 0.99})
    return found
