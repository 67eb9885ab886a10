from app.sdk import BaseStrategy


class Momentum(BaseStrategy):
    def __init__(self):
        super().__init__(name="momentum", description="follows the last five bars")

    def initialize(self):
        self.symbol = self.get_parameter("symbol", "BTCUSDT")
        self.quantity = self.get_parameter("quantity", "0.5")

    def on_bar(self):
        prices = self.data.get_prices(self.symbol, 6)
        if len(prices) < 6:
            return
        change = prices[-1] / prices[0]
        if change > 1.001:
            self.orders.market_order(self.symbol, self.quantity_as_decimal(), "buy")
        elif change < 0.999:
            self.orders.market_order(self.symbol, self.quantity_as_decimal(), "sell")

    def quantity_as_decimal(self):
        return Decimal(self.quantity)
