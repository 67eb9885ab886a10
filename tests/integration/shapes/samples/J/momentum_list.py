import pandas as pd


class TradingStrategy:
    def execute(self, data: pd.DataFrame) -> dict:
        signals = []
        if len(data) >= 6:
            change = data["close"].iloc[-1] / data["close"].iloc[-6]
            if change > 1.001:
                signals.append({"action": "buy", "confidence": 0.7, "quantity": 0.2})
            elif change < 0.999:
                signals.append({"action": "sell", "confidence": 0.6, "quantity": 0.2})
        return {"signals": signals}
