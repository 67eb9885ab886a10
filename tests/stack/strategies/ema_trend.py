"""A function that speaks at every bar: the side of two exponential averages."""


def generate_signals(data, parameters):
    signals = []
    for symbol, frame in data.items():
        close = frame["close"]
        fast = close.ewm(span=parameters["fast"], adjust=False).mean().iloc[-1]
        slow = close.ewm(span=parameters["slow"], adjust=False).mean().iloc[-1]
        signals.append(
            {
                "symbol": symbol,
                "action": "buy" if fast > slow else "sell",
                "confidence": 0.5,
                "metadata": {"spread": fast - slow, "last": frame.index[-1].isoformat()},
            }
        )
    return signals
