class Said:
    def __init__(self, signal_type, price):
        self.signal_type = signal_type
        self.strength = 1.0
        self.confidence = 0.9
        self.price = price
        self.quantity = 2
        self.metadata = {"why": "breakout"}


class Breakout:
    def __init__(self, strategy_id, config):
        self.length = config.get("length", 20)
        self.last = None

    async def generate_signal(self, market_data):
        before, now = market_data[-self.length - 1 : -1], market_data[-1]
        if len(before) < self.length:
            return None
        if now.close > max(bar.high for bar in before):
            return Said("buy", now.close)
        if now.close < min(bar.low for bar in before):
            return Said("sell", now.close)
        return Said("hold", now.close)
