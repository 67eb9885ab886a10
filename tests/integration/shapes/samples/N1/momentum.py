def generate_signals(data, parameters):
    decisions = []
    for symbol, frame in data.items():
        if len(frame) < 6:
            continue
        change = frame["close"].iloc[-1] / frame["close"].iloc[-6]
        if change > parameters.get("up", 1.001):
            decisions.append({"symbol": symbol, "action": "BUY", "confidence": 0.8, "quantity": 1})
        elif change < 0.999:
            decisions.append({"symbol": symbol, "action": "SELL", "confidence": 0.8, "quantity": 1})
    return decisions
