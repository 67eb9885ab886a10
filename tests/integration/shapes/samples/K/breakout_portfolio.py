class Breakout:
    """Buys only when its portfolio holds nothing, and sells only what it holds."""

    def execute_strategy(self, data, current_portfolio):
        before, price = data.iloc[-21:-1], data["close"].iloc[-1]
        if len(before) < 20:
            return []
        holds = any(position["quantity"] > 0 for position in current_portfolio["positions"].values())
        if price > before["high"].max() and not holds:
            return [{"action": "BUY_LIMIT", "quantity": 1, "order_type": "limit", "price": price}]
        if price < before["low"].min() and holds:
            return [{"action": "CLOSE_LONG", "quantity": 1, "order_type": "market", "price": price}]
        return []
