import pandas as pd


class GeneratedStrategy:
    def __init__(self, parameters=None):
        self.parameters = parameters or {"bars": 5}

    def execute(self, data: pd.DataFrame) -> pd.DataFrame:
        change = data["close"].pct_change(5)
        data["signal"] = (change > 0.001).astype(int) - (change < -0.001).astype(int)
        return data
