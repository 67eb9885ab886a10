class Channel:
    def execute_strategy(self, df):
        orders = []
        before, price = df.iloc[-21:-1], df["close"].iloc[-1]
        if len(before) == 20 and price > before["high"].max():
            orders.append({"action": "BUY", "quantity": 1, "stop_loss_pct": 1.5})
            orders.append({"action": "TRAILING_STOP", "quantity": 1})
        elif len(before) == 20 and price < before["low"].min():
            orders.append({"action": "SELL", "quantity": 1, "stop_loss_pct": 1.5})
        return orders
