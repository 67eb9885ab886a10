import pandas as pd


def generate_signal(data: dict[str, pd.DataFrame], parameters: dict):
    (symbol,) = data
    close = data[symbol]["close"]
    mean = close.tail(20).mean()
    price = close.iloc[-1]
    if len(close) < 20 or abs(price / mean - 1) < 0.001:
        return None
    return {
        "symbol": symbol,
        "action": "buy" if price < mean else "sell",
        "stop_loss": price * (0.98 if price < mean else 1.02),
    }
