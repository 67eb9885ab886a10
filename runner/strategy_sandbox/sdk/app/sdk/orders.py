"""`self.orders`: what is placed in an evaluation becomes its signals, in the order of placement."""

from typing import Any

from strategy_sandbox.sdk.order_book import Order, OrderBook, OrderSide, OrderStatus, OrderType, TimeInForce
from strategy_sandbox.sdk.parts import NotAvailable, SdkPart

__all__ = ["Order", "OrderManager", "OrderSide", "OrderStatus", "OrderType", "TimeInForce"]

_SIDES = {"buy": OrderSide.BUY, "long": OrderSide.BUY, "sell": OrderSide.SELL, "short": OrderSide.SELL}


class OrderManager(SdkPart):
    """Quantities are positive; the side is buy, long, sell or short, in any case, or an OrderSide."""

    def __init__(self, book: OrderBook) -> None:
        self._book = book

    def market_order(self, symbol: str, quantity: Any, side: Any, strategy_id: str | None = None) -> Order:
        return self._place(symbol, quantity, side, OrderType.MARKET, strategy_id=strategy_id)

    def limit_order(self, symbol: str, quantity: Any, side: Any, price: Any, strategy_id: str | None = None) -> Order:
        return self._place(symbol, quantity, side, OrderType.LIMIT, price=price, strategy_id=strategy_id)

    def stop_order(
        self, symbol: str, quantity: Any, side: Any, stop_price: Any, strategy_id: str | None = None
    ) -> Order:
        return self._place(symbol, quantity, side, OrderType.STOP, stop_price=stop_price, strategy_id=strategy_id)

    def trailing_stop_order(  # noqa: PLR0917 - the platform's own order of arguments
        self,
        symbol: str,
        quantity: Any,
        side: Any,
        trail_amount: Any = None,
        trail_percent: Any = None,
        strategy_id: str | None = None,
    ) -> Order:
        """A stop order at the distance from the price of now; who executes it lets it trail."""
        trail = {"trail_amount": trail_amount, "trail_percent": trail_percent}
        return self._place(symbol, quantity, side, OrderType.TRAILING_STOP, strategy_id=strategy_id, **trail)

    def submit_order(self, order: Order) -> Order:
        """Place an order that was made by hand."""
        if order.id and self._book.get(order.id) is not None:
            raise ValueError(f"order {order.id} has been placed already")
        return self._book.place(order)

    def cancel_order(self, order_id: str, reason: str = "") -> bool:
        """Take back an order of this evaluation; False for one that is settled."""
        return self._book.cancel(order_id) is not None

    def cancel_all_orders(self, symbol: str | None = None, strategy_id: str | None = None) -> int:
        """Take back the orders of this evaluation; how many there were."""
        active = [order for order in self.get_orders(symbol, strategy_id) if order.is_active()]
        return sum(self.cancel_order(order.id) for order in active)

    def get_order(self, order_id: str) -> Order | None:
        return self._book.get(order_id)

    def get_orders(
        self, symbol: str | None = None, strategy_id: str | None = None, status: OrderStatus | str | None = None
    ) -> list[Order]:
        """The newest orders, oldest first."""
        wanted = OrderStatus(status) if isinstance(status, str) else status
        return [
            order
            for order in self._book.all()
            if symbol in (None, order.symbol)
            and strategy_id in (None, order.strategy_id)
            and wanted in (None, order.status)
        ]

    def get_active_orders(self, symbol: str | None = None) -> list[Order]:
        return [order for order in self.get_orders(symbol) if order.is_active()]

    def get_order_stats(self) -> dict[str, Any]:
        """Counts by status, of the orders that are remembered."""
        orders = self._book.all()
        counts = {status.value: sum(order.status is status for order in orders) for status in OrderStatus}
        return {"total_orders": len(orders), **counts}

    def process_market_update(self, *_: Any, **__: Any) -> None:
        raise NotAvailable("process_market_update is not needed: orders are settled before each evaluation")

    def _place(self, symbol: str, quantity: Any, side: Any, kind: OrderType, **rest: Any) -> Order:
        return self._book.place(Order(symbol, _side(side), quantity, kind, **rest))


def _side(given: Any) -> OrderSide:
    if isinstance(given, OrderSide):
        return given
    side = _SIDES.get(given.lower()) if isinstance(given, str) else None
    if side is None:
        raise ValueError(f"side must be buy, long, sell or short, it is {given!r}")
    return side
