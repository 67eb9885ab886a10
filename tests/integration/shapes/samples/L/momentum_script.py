close = data["close"]
change = close / close.shift(5)
for i in range(5, len(data)):
    if change.iloc[i] > 1.001:
        trades.append({"timestamp": data.index[i], "action": "BUY", "quantity": 1, "price": close.iloc[i]})
    elif change.iloc[i] < 0.999:
        price = close.iloc[i]
        trades.append(
            {"timestamp": data.index[i], "action": "SELL", "quantity": 1, "price": price, "total_cost": price}
        )
