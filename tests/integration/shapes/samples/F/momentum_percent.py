class Strategy:
    def __init__(self, config):
        self.config = config

    def calculate_indicators(self, df):
        df = df.copy()
        df["change"] = df["close"] / df["close"].shift(5)
        return df

    def evaluate_conditions(self, df):
        change = df["change"].iloc[-1]
        signal = "BUY" if change > 1.001 else "SELL" if change < 0.999 else "HOLD"
        return {"signal": signal, "quantity": 2, "order_type": "market", "stop_loss": 1, "take_profit": 2}

    def run(self):
        while True:
            self.calculate_indicators(None)
