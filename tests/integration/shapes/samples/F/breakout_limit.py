class Breakout:
    def __init__(self, config):
        self.length = config.get("length", 20)

    def calculate_indicators(self, df):
        df = df.copy()
        df["top"] = df["high"].rolling(self.length).max().shift(1)
        df["bottom"] = df["low"].rolling(self.length).min().shift(1)
        return df

    def evaluate_conditions(self, df):
        row = df.iloc[-1]
        result = {"signal": "HOLD", "quantity": 0, "order_type": "limit", "stop_loss": 0, "take_profit": 3}
        if row["close"] > row["top"]:
            return {**result, "signal": "buy", "quantity": 1.5, "price": row["close"]}
        if row["close"] < row["bottom"]:
            return {**result, "signal": "sell", "quantity": 1.5, "price": row["close"]}
        return result
