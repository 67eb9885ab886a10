class GeneratedStrategy:
    def __init__(self, parameters=None):
        self.parameters = {"length": 20, **(parameters or {})}

    def execute(self, data):
        result = data.copy()
        mean = result["close"].rolling(self.parameters["length"]).mean()
        result["signal"] = 0
        result.loc[result["close"] < mean * 0.999, "signal"] = 1
        result.loc[result["close"] > mean * 1.001, "signal"] = -1
        return result
