class Strategy:
    def __init__(self):
        self.length = None

    def initialize(self):
        self.length = 20

    def on_data(self, data):
        before = data.iloc[-self.length - 1 : -1]
        if len(before) < self.length:
            return None
        price = data["close"].iloc[-1]
        if price > before["high"].max():
            return {"signal": "buy"}
        if price < before["low"].min():
            return {"signal": "sell"}
        return {"signal": "hold"}
