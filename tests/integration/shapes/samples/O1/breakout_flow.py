class BreakoutFlow:
    def __init__(self, config={}):
        self.length = config.get("length", 20)

    def on_data(self, data):
        before, price = data.iloc[-self.length - 1 : -1], data["close"].iloc[-1]
        signals = []
        if len(before) == self.length and price > before["high"].max():
            signals.append({"action": "BUY_STOP", "price": price, "order_type": "stop"})
        if len(before) == self.length and price < before["low"].min():
            signals.append({"action": "SELL_STOP", "price": price, "order_type": "stop"})
        return {"signals": signals, "actions": [], "indicators": {}, "portfolio_value": 0}
