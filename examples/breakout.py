"""Follows breakouts of a price channel and trails a stop. An object: what it remembers survives any restart."""


class Breakout:
    def __init__(self):
        self.stops = {}
        self.trades = 0

    def generate_signals(self, data, parameters):
        length = parameters.get("length", 40)
        trail = parameters.get("trail", 0.004)
        signals = []
        for symbol, bars in data.items():
            if len(bars) <= length:
                continue
            price = float(bars["close"].iloc[-1])
            if symbol in self.stops:
                signals += self.follow(symbol, price, trail)
            elif price > bars["high"].iloc[-length - 1 : -1].max():
                signals += self.enter(symbol, price, trail)
        return signals

    def enter(self, symbol, price, trail):
        self.stops[symbol] = price * (1 - trail)
        self.trades += 1
        return [self.decision(symbol, "BUY", stop_loss=self.stops[symbol])]

    def follow(self, symbol, price, trail):
        if price > self.stops[symbol]:
            self.stops[symbol] = max(self.stops[symbol], price * (1 - trail))
            return []
        del self.stops[symbol]
        return [self.decision(symbol, "CLOSE_LONG")]

    def decision(self, symbol, action, **more):
        return {"symbol": symbol, "action": action, "confidence": 0.8, "metadata": {"trades": self.trades}, **more}
