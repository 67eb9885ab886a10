"""Stateful: buys a dip by a signed quantity, sells above the mean, counts its rounds."""

from alphintra import BaseStrategy
from alphintra.indicators import SMA


class Dip(BaseStrategy):
    def initialize(self, context):
        self.sma = SMA(20)
        self.held = 0
        self.orders = []
        context.set_variable("rounds", 0)

    def on_order_fill(self, context, order):
        self.orders = [*self.orders, order.id][-3:]
        if order.is_sell:
            context.set_variable("rounds", context.get_variable("rounds") + 1)

    def on_bar(self, context):
        symbol = context.symbol
        bars = context.market_data.get_bars(symbol, count=20)
        mean = self.sma.calculate(bars["close"])
        if len(mean) < 20:
            return
        price, level = context.market_data.get_current_price(symbol), mean.iloc[-1]
        position = context.portfolio.get_position(symbol)
        if position.is_flat:
            self.held = 0
            if price < level * (1 - context.get_parameter("depth", 0.001)):
                size = (1 + context.get_variable("rounds") % 3) * 0.25
                kept = context.order_manager.limit_order(symbol, size, price)
                dropped = context.order_manager.market_order(symbol, 7)
                assert context.order_manager.cancel_order(dropped)
                assert [order.id for order in context.order_manager.get_open_orders()] == [kept]
        else:
            self.held += 1
            if price > level or self.held >= 15:
                context.order_manager.market_order(symbol, -position.quantity)
