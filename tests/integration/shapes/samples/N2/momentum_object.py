class MyStrategy:
    def generate_signals(self, data, parameters):
        found = []
        for symbol, frame in data.items():
            close = frame["close"].to_numpy()
            if len(close) > 5 and close[-1] / close[-6] > 1.001:
                found.append({"symbol": symbol, "action": "BUY"})
            elif len(close) > 5 and close[-1] / close[-6] < 0.999:
                found.append({"symbol": symbol, "action": "SELL"})
        return found
