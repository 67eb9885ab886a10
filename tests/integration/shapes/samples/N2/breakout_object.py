class Channel:
    def __init__(self, length=20):
        self.length = length
        self.seen = 0

    def generate_signal(self, data):
        self.seen += 1
        for symbol, frame in data.items():
            before = frame.iloc[-self.length - 1 : -1]
            price = frame["close"].iloc[-1]
            if len(before) < self.length:
                return None
            if price > before["high"].max():
                return {"symbol": symbol, "action": "BUY", "metadata": {"seen": self.seen}}
            if price < before["low"].min():
                return {"symbol": symbol, "action": "SELL", "metadata": {"seen": self.seen}}
        return None
