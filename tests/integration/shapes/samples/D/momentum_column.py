class Strategy_12:
    def __init__(self, parameters=None):
        self.parameters = parameters or {}

    def execute(self, data):
        data = data.copy()
        change = data["close"] / data["close"].shift(self.parameters.get("bars", 5))
        data["signal"] = 0
        data.loc[change > 1.001, "signal"] = 1
        data.loc[change < 0.999, "signal"] = -1
        return data

    def backtest(self, data):
        return self.execute(data)["signal"].cumsum()
