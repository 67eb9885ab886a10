from app.sdk import BaseStrategy


class TradingStrategy(BaseStrategy):
    def initialize(self):
        self.size = 0.25

    def on_data(self, data):
        close = data["close"]
        if len(close) < 6:
            return {"signal": "HOLD", "position_size": 0, "timestamp": data.index[-1]}
        change = close.iloc[-1] / close.iloc[-6]
        signal = "BUY" if change > 1.001 else "SELL" if change < 0.999 else "HOLD"
        return {"signal": signal, "position_size": self.size, "timestamp": data.index[-1]}
