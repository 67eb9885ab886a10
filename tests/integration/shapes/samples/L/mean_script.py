average = ta.SMA(data["close"], 20)


def trade(moment, action, price):
    trades.append({"timestamp": moment.isoformat(), "action": action, "quantity": 0.5, "price": price})


for moment, price, mean in zip(data.index, data["close"], average):
    if not np.isnan(mean) and price < mean * 0.999:
        trade(moment, "buy", price)
    elif not math.isnan(mean) and price > mean * 1.001:
        trade(moment, "sell", price)
