class MomentumModel:
    def __init__(self, api_key, api_secret, base_url="https://paper.example"):
        self.api_key, self.api_secret, self.base_url = api_key, api_secret, base_url

    def generate_signals(self, df):
        df = df.copy()
        change = df["close"] / df["close"].shift(5)
        df["signal"] = 0
        df.loc[change > 1.001, "signal"] = 1
        df.loc[change < 0.999, "signal"] = -1
        return df
