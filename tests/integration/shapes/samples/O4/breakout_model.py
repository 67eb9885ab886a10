class ChannelModel:
    def __init__(self, api_key, api_secret, base_url):
        assert not api_key and not api_secret

    def generate_signals(self, df):
        df = df.copy()
        df["signal"] = 0
        df.loc[df["close"] > df["high"].rolling(20).max().shift(1), "signal"] = 1
        df.loc[df["close"] < df["low"].rolling(20).min().shift(1), "signal"] = -1
        return df
