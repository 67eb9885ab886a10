class TradingStrategy:
    """Remembers in itself how often it has spoken."""

    def __init__(self):
        self.spoken = 0

    def execute(self, data):
        top, bottom = data["high"].iloc[-21:-1], data["low"].iloc[-21:-1]
        if len(top) < 20:
            return {"signals": []}
        price = data["close"].iloc[-1]
        signal = "BUY" if price > top.max() else "SELL" if price < bottom.min() else None
        if signal is None:
            return {"signals": []}
        self.spoken += 1
        return {"signals": [{"signal": signal, "quantity": 0.1, "metadata": {"spoken": self.spoken}}]}
