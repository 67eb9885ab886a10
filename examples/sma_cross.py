"""Holds the stronger of two symbols: buys the one whose fast average has crossed above its slow one.

Evaluated with all symbols at once, so it can compare them. Needs two symbols.
"""


def generate_signals(data, parameters):
    fast, slow = parameters.get("fast", 10), parameters.get("slow", 30)
    strength = {symbol: trend(bars["close"], fast, slow) for symbol, bars in data.items() if len(bars) >= slow}
    if len(strength) < 2:
        return []
    strongest = max(strength, key=strength.get)
    signals = []
    for symbol, value in strength.items():
        buys = symbol == strongest and value > 0
        signals.append(
            {
                "symbol": symbol,
                "action": "BUY" if buys else "CLOSE_LONG",
                "confidence": min(1.0, 0.5 + abs(value) * 100),
                "stop_loss": data[symbol]["close"].iloc[-1] * 0.98 if buys else None,
                "metadata": {"trend": value},
            }
        )
    return signals


def trend(close, fast, slow):
    """How far the fast average is above the slow one, as a fraction of it."""
    slow_average = close.tail(slow).mean()
    return (close.tail(fast).mean() - slow_average) / slow_average
