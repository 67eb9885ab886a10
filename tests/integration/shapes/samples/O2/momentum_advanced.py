class StrategyConfig:
    symbol = "BTCUSDT"


class AdvancedTradingStrategy(StrategyConfig):
    def execute_strategy(self, df):
        if len(df) < 6:
            return []
        change = df["close"].iloc[-1] / df["close"].iloc[-6]
        if 0.999 <= change <= 1.001:
            return []
        return [
            {
                "timestamp": df.index[-1],
                "action": "BUY" if change > 1.001 else "SELL",
                "symbol": self.symbol,
                "quantity": 10,
                "order_type": "market",
                "stop_loss_pct": 2,
                "take_profit_pct": 4,
                "signal_id": "a1",
                "confidence": 0.9,
            }
        ]
