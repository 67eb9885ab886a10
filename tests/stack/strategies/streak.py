"""An object with state: counts what it has seen, so that a lost or repeated evaluation shows."""


class Streak:
    def __init__(self):
        self.evaluations = 0
        self.streaks = {}
        self.sum_of_closes = 0.0

    def generate_signals(self, data, parameters):
        self.evaluations += 1
        signals = []
        for symbol, frame in data.items():
            last, before = frame["close"].iloc[-1], frame["close"].iloc[-2]
            self.sum_of_closes += float(last)
            streak = self.streaks.get(symbol, 0)
            streak = max(streak, 0) + 1 if last > before else min(streak, 0) - 1
            self.streaks[symbol] = streak
            # It speaks at its first evaluation too: only a signal shows from outside that it has begun.
            if self.evaluations == 1 or abs(streak) >= parameters.get("length", 2):
                signals.append(
                    {
                        "symbol": symbol,
                        "action": "SELL" if streak > 0 else "BUY",
                        "confidence": min(1.0, abs(streak) / 10),
                        "metadata": {
                            "streak": streak,
                            "evaluations": self.evaluations,
                            "sum_of_closes": self.sum_of_closes,
                        },
                    }
                )
        return signals
