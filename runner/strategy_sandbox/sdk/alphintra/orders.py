"""`context.order_manager`: what is placed in an evaluation becomes its signals. A negative quantity sells."""

from dataclasses import dataclass
from typing import Any

from strategy_sandbox.sdk.amounts import exact
from strategy_sandbox.sdk.order_book import Order as BookOrder
from strategy_sandbox.sdk.order_book import OrderBook, OrderSide, OrderType, TimeInForce
from strategy_sandbox.sdk.parts import SdkPart


@dataclass(frozen=True)
class Order:
    """An order as it stands; the quantity is signed."""

    id: str
    symbol: str
    quantity: float
    order_type: str
    price: float | None
    stop_price: float | None
    time_in_force: str
    status: str
    filled_quantity: float
    avg_fill_price: float | None

    @property
    def is_buy(self) -> bool:
        return self.quantity > 0

    @property
    def is_sell(self) -> bool:
        return self.quantity < 0

    @classmethod
    def of(cls, order: BookOrder) -> "Order":
        sign = 1 if order.is_buy() else -1
        return cls(
            id=order.id,
            symbol=order.symbol,
            quantity=sign * float(order.quantity),
            order_type=order.order_type.value,
            price=_number(order.price),
            stop_price=_number(order.stop_price),
            time_in_force=order.time_in_force.value,
            status=order.status.value,
            filled_quantity=sign * float(order.filled_quantity),
            avg_fill_price=_number(order.avg_fill_price),
        )


class OrderManager(SdkPart):
    """Each order method gives the order's id: `client_id` where one is given."""

    def __init__(self, book: OrderBook) -> None:
        self._book = book

    def market_order(self, symbol: str, quantity: Any, client_id: str | None = None) -> str:
        return self._place(symbol, quantity, client_id, OrderType.MARKET)

    def limit_order(
        self, symbol: str, quantity: Any, price: Any, client_id: str | None = None, time_in_force: str = "GTC"
    ) -> str:
        return self._place(
            symbol, quantity, client_id, OrderType.LIMIT, price=price, time_in_force=_time_in_force(time_in_force)
        )

    def stop_order(self, symbol: str, quantity: Any, stop_price: Any, client_id: str | None = None) -> str:
        return self._place(symbol, quantity, client_id, OrderType.STOP, stop_price=stop_price)

    def stop_limit_order(
        self, symbol: str, quantity: Any, stop_price: Any, limit_price: Any, client_id: str | None = None
    ) -> str:
        return self._place(symbol, quantity, client_id, OrderType.STOP_LIMIT, stop_price=stop_price, price=limit_price)

    def cancel_order(self, order_id: str) -> bool:
        """Take back an order of this evaluation; False for one that is settled."""
        return self._book.cancel(order_id) is not None

    def cancel_all_orders(self, symbol: str | None = None) -> int:
        """Take back the orders of this evaluation; how many there were."""
        return sum(self.cancel_order(order.id) for order in self.get_open_orders(symbol))

    def get_open_orders(self, symbol: str | None = None) -> list[Order]:
        return [Order.of(order) for order in self._book.all() if order.is_active() and symbol in (None, order.symbol)]

    def get_order_status(self, order_id: str) -> str | None:
        """filled, rejected, cancelled or submitted; None for an order that is not remembered."""
        order = self._book.get(order_id)
        return order.status.value if order is not None else None

    def get_order(self, order_id: str) -> Order | None:
        order = self._book.get(order_id)
        return Order.of(order) if order is not None else None

    def _place(self, symbol: str, quantity: Any, client_id: str | None, kind: OrderType, **rest: Any) -> str:
        try:
            signed = exact(quantity)
        except TypeError as error:
            raise ValueError(f"quantity: {error}") from None
        if not signed:
            raise ValueError("quantity must be above 0 to buy or below 0 to sell, it is 0")
        if client_id is not None and self._book.get(client_id) is not None:
            raise ValueError(f"client_id {client_id!r} has been used")
        side = OrderSide.BUY if signed > 0 else OrderSide.SELL
        return self._book.place(BookOrder(symbol, side, abs(signed), kind, id=client_id or "", **rest)).id


def _time_in_force(text: str) -> TimeInForce:
    try:
        return TimeInForce(text.lower())
    except (ValueError, AttributeError):
        listed = ", ".join(kind.value.upper() for kind in TimeInForce)
        raise ValueError(f"time_in_force must be one of {listed}, it is {text!r}") from None


def _number(value: Any) -> float | None:
    return float(value) if value is not None else None
