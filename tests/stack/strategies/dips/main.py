"""A project: buys a dip below the mean, sells above it or after fifteen bars; its sizes follow the rounds before."""

from app.sdk import BaseStrategy
from rules import is_dip, mean_of
from rules.sizes.rounds import size_of


class Dips(BaseStrategy):
    def initialize(self):
        self.bars_held = 0
        self.set_variable("rounds", 0)

    def on_position_closed(self, position):
        self.set_variable("rounds", self.get_variable("rounds") + 1)

    def on_bar(self):
        symbol = self.get_parameter("symbol")
        mean = mean_of(self.data.get_prices(symbol, 20))
        price = self.data.get_current_price(symbol)
        if mean is None:
            return
        position = self.portfolio.get_position(symbol)
        if position is not None:
            self.bars_held += 1
            if price > mean or self.bars_held >= 15:
                self.orders.market_order(symbol, position.quantity, "sell")
        elif is_dip(price, mean):
            self.bars_held = 0
            self.orders.market_order(symbol, size_of(self.get_variable("rounds")), "buy")
