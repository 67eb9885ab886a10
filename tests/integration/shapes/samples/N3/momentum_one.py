def generate_signal(data):
    for symbol, frame in data.items():
        close = frame["close"]
        if len(close) > 5:
            change = close.iloc[-1] / close.iloc[-6]
            if change > 1.001:
                return {"symbol": symbol, "action": "BUY", "confidence": 0.55}
            if change < 0.999:
                return {"symbol": symbol, "action": "SELL", "confidence": 0.55}
    return {}
