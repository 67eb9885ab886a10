"""Stateful: buys a dip, holds, closes above the mean; remembers with attributes, variables and a module global."""

from app.sdk.indicators import sma
from app.sdk.orders import OrderType
from app.sdk.strategy import BaseStrategy

FILLED = []


class Dip(BaseStrategy):
    def initialize(self):
        self.symbol = self.get_parameter("symbol", "BTCUSDT")
        self.bars_held = 0
        self.last_price = None
        self.set_variable("rounds", 0)

    def validate_parameters(self):
        return [] if self.get_parameter("depth", 0.001) > 0 else ["depth must be above 0"]

    def on_order_filled(self, order):
        FILLED.append(order.id)
        del FILLED[:-3]
        self.last_price = order.avg_fill_price

    def on_position_closed(self, position):
        self.set_variable("rounds", self.get_variable("rounds") + 1)

    def on_bar(self):
        mean = sma(self.data.get_prices(self.symbol, 20), 20)
        price = self.data.get_current_price(self.symbol)
        if mean is None:
            return
        position = self.portfolio.get_position(self.symbol)
        if position is None:
            self.bars_held = 0
            if price < mean * (1 - self.get_parameter("depth", 0.001)):
                forgotten = self.orders.limit_order(self.symbol, 9, "buy", price / 2)
                self.orders.cancel_order(forgotten.id, "changed its mind")
                # The size depends on all that was before.
                size = (1 + self.get_variable("rounds") % 3) * 0.25
                placed = self.orders.limit_order(self.symbol, size, "long", price)
                assert placed.order_type is OrderType.LIMIT
        else:
            self.bars_held += 1
            if price > mean or self.bars_held >= 15:
                self.orders.market_order(self.symbol, position.quantity, "sell")
        self.record_metric("bars_held", self.bars_held)
