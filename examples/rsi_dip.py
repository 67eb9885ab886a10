"""Buys weakness and sells strength by the relative strength index. A function of windows: it keeps no state."""


def generate_signals(data, parameters):
    period = parameters.get("period", 14)
    low, high = parameters.get("low", 30), parameters.get("high", 70)
    signals = []
    for symbol, bars in data.items():
        if len(bars) <= period:
            continue
        rsi = relative_strength(bars["close"], period)
        if rsi < low:
            signals.append(decision(symbol, "BUY", rsi, distance=(low - rsi) / low))
        elif rsi > high:
            signals.append(decision(symbol, "SELL", rsi, distance=(rsi - high) / (100 - high)))
    return signals


def relative_strength(close, period):
    change = close.diff().tail(period)
    gain = change.clip(lower=0).mean()
    loss = -change.clip(upper=0).mean()
    return 100 * gain / (gain + loss) if gain + loss > 0 else 50


def decision(symbol, action, rsi, distance):
    return {
        "symbol": symbol,
        "action": action,
        "confidence": round(0.5 + distance / 2, 3),
        "quantity": 0.1,
        "metadata": {"rsi": round(rsi, 2)},
    }
