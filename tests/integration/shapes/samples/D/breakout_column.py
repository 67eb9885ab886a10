import numpy as np


class Strategy_77:
    def __init__(self, parameters=None):
        self.length = (parameters or {}).get("length", 20)

    def execute(self, data):
        data = data.copy()
        highest = data["high"].rolling(self.length).max().shift(1)
        lowest = data["low"].rolling(self.length).min().shift(1)
        data["signal"] = np.select([data["close"] > highest, data["close"] < lowest], [1, -1], default=0)
        return data
