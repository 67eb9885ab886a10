"""A function of windows: buy weakness, sell strength, by a simple RSI."""


def generate_signals(data, parameters):
    period = parameters.get("period", 14)
    signals = []
    for symbol, frame in data.items():
        change = frame["close"].diff()
        gain = change.clip(lower=0).rolling(period).mean().iloc[-1]
        loss = -change.clip(upper=0).rolling(period).mean().iloc[-1]
        if not (gain + loss) > 0:
            continue
        rsi = 100.0 * gain / (gain + loss)
        if 40.0 <= rsi <= 60.0:
            continue
        signals.append(
            {
                "symbol": symbol,
                "action": "BUY" if rsi < 40.0 else "SELL",
                "confidence": round(abs(rsi - 50.0) / 50.0, 6),
                "quantity": 0.25,
                "metadata": {"rsi": rsi},
            }
        )
    return signals
