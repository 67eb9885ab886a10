class MomentumFlow:
    def __init__(self, config={}):
        self.config = config
        self.ready = False

    def setup(self):
        self.ready = True

    def on_data(self, data):
        result = {"signals": {}, "actions": [], "indicators": {}, "portfolio_value": 10000}
        if not self.ready or len(data) < 6:
            return result
        change = data["close"].iloc[-1] / data["close"].iloc[-6]
        result["signals"] = {"up": bool(change > 1.001), "down": bool(change < 0.999)}
        result["indicators"] = {"change": change}
        if change > 1.001:
            result["actions"].append({"action": "buy", "quantity": 1})
        if change < 0.999:
            result["actions"].append({"action": "sell", "quantity": 1})
        return result

    def get_signals(self):
        return []

    def backtest(self, data):
        return {}
