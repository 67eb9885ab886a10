"""The orders that a strategy places in one evaluation, and what became of those of the evaluation before.

Both SDKs place their orders here. An order is a candidate signal; the paper account fills what was published at once,
at the close, so at the next evaluation every order is filled or rejected.
"""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from strategy_contracts.worker_protocol import Candidate
from strategy_sandbox.sdk.account_view import AccountView, Fill
from strategy_sandbox.sdk.amounts import ZERO, Amount, exact
from strategy_sandbox.sdk.market_view import MarketView

_REMEMBERED: Final = 20
"""Orders that can still be asked about, also by a new worker."""
_REFUSED: Final = "a signal rule (repeat, cooldown, confidence, risk, rate or position size) kept it back"


class OrderSide(Enum):
    """What is done."""

    BUY = "buy"
    SELL = "sell"


class OrderType(Enum):
    """How it is to be done."""

    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    STOP_LIMIT = "stop_limit"
    TRAILING_STOP = "trailing_stop"


class TimeInForce(Enum):
    """How long it waits."""

    DAY = "day"
    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"


class OrderStatus(Enum):
    """What became of it."""

    PENDING = "pending"
    SUBMITTED = "submitted"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"


@dataclass
class Order:
    """One order; quantities are positive decimals, the side says the rest."""

    symbol: str
    side: OrderSide
    quantity: Decimal
    order_type: OrderType = OrderType.MARKET
    price: Decimal | None = None
    stop_price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    strategy_id: str | None = None
    id: str = ""
    status: OrderStatus = OrderStatus.PENDING
    filled_quantity: Decimal = ZERO
    avg_fill_price: Decimal | None = None
    created_at: datetime | None = None
    submitted_at: datetime | None = None
    filled_at: datetime | None = None
    cancelled_at: datetime | None = None
    fills: list[dict[str, Any]] = field(default_factory=list)
    commission: Decimal = ZERO
    reject_reason: str | None = None
    trail_amount: Decimal | None = None
    trail_percent: Decimal | None = None
    closes: bool = False
    """It ends a position, whatever is held when it is published."""

    @property
    def remaining_quantity(self) -> Decimal:
        return self.quantity - self.filled_quantity

    def is_buy(self) -> bool:
        return self.side is OrderSide.BUY

    def is_sell(self) -> bool:
        return self.side is OrderSide.SELL

    def is_filled(self) -> bool:
        return self.status is OrderStatus.FILLED

    def is_active(self) -> bool:
        return self.status in (OrderStatus.PENDING, OrderStatus.SUBMITTED, OrderStatus.PARTIALLY_FILLED)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for logs and metadata."""
        return {name: _plain(value) for name, value in vars(self).items()}


class OrderBook:
    """`memory` is what travels as state: plain values only."""

    def __init__(self, market: MarketView, memory: dict[str, Any]) -> None:
        self._market = market
        self._memory = memory
        self._memory |= {"orders": [], "waiting": []}
        self._orders: dict[str, Order] = {}
        self._placed: list[Order] = []
        self.is_open = False
        """Orders can be placed while the strategy is asked, not while it is made."""

    def place(self, order: Order) -> Order:
        """Put an order among those of this evaluation; ValueError says what is wrong with it."""
        if not self.is_open:
            raise ValueError("orders can be placed in on_bar and the other hooks, not while the strategy starts")
        order.symbol = self._market.symbol(order.symbol)
        order.quantity = _positive("quantity", order.quantity)
        for name in ("price", "stop_price", "trail_amount", "trail_percent"):
            if getattr(order, name) is not None:
                setattr(order, name, _positive(name, getattr(order, name)))
        _check_prices(order)
        # The same in every worker that is asked about this evaluation, so that a retry makes the same signal.
        order.id = order.id or f"order-{self._market.time_ms}-{len(self._placed) + 1}"
        order.created_at = order.submitted_at = self._market.now
        order.status = OrderStatus.SUBMITTED
        self._placed.append(order)
        self._orders[order.id] = order
        return order

    def cancel(self, order_id: str) -> Order | None:
        """Take back an order of this evaluation; None when there is none: earlier ones are settled."""
        order = self._orders.get(order_id)
        if order is None or not order.is_active():
            return None
        order.status, order.cancelled_at = OrderStatus.CANCELLED, self._market.now
        return order

    def get(self, order_id: str) -> Order | None:
        return self._orders.get(order_id)

    def all(self) -> list[Order]:
        """In order of placement, as far as they are remembered."""
        return list(self._orders.values())

    def settle(self, account: AccountView) -> list[Order]:
        """Begin an evaluation: what became of the orders of the one before, filled or rejected."""
        self._recall()
        fills = {fill.order: fill for fill in account.fills}
        settled = []
        for number, order_id in enumerate(self._memory["waiting"]):
            order = self._orders[order_id]
            _settle(order, fills.get(number), self._market.now)
            settled.append(order)
        self._memory["waiting"] = []
        return settled

    def candidates(self) -> list[Candidate]:
        """End the evaluation: its orders as signals, without those that were taken back."""
        self.is_open = False
        waiting = [order for order in self._placed if order.is_active()]
        self._memory["waiting"] = [order.id for order in waiting]
        kept = [*(order for order in self._orders.values() if order not in waiting)][-_REMEMBERED:] + waiting
        self._orders = {order.id: order for order in kept}
        self._memory["orders"] = [order.to_dict() for order in kept]
        self._placed = []
        return [self._candidate(order) for order in waiting]

    def _recall(self) -> None:
        """After a restore the orders are there as plain values only; objects the strategy holds stay what they are."""
        recorded = {record["id"]: record for record in self._memory["orders"]}
        self._orders = {name: self._orders.get(name) or _order_of(record) for name, record in recorded.items()}

    def _candidate(self, order: Order) -> Candidate:
        price, trigger = order.price, order.stop_price
        metadata: dict[str, Any] = {"order_id": order.id}
        kind = order.order_type
        if kind is OrderType.TRAILING_STOP:
            trigger, kind = self._trigger_of(order), OrderType.STOP
            metadata |= {
                "trailing": True,
                **{n: float(v) for n in ("trail_amount", "trail_percent") if (v := getattr(order, n)) is not None},
            }
        if kind is OrderType.STOP_LIMIT and trigger is not None:
            metadata["stop_price"] = float(trigger)
        target = trigger if kind is OrderType.STOP else price
        action = order.side.value.upper()
        if order.closes:
            action = "CLOSE_LONG" if order.is_sell() else "CLOSE_SHORT"
        return Candidate(
            symbol=order.symbol,
            action=action,
            quantity=float(order.quantity),
            price_target=float(target) if target is not None else None,
            order_type=kind.value.upper(),
            time_in_force=order.time_in_force.value.upper(),
            metadata=metadata,
        )

    def _trigger_of(self, order: Order) -> Decimal | None:
        """Where a trailing stop stands when it is placed."""
        price = self._market.price(order.symbol)
        if price is None:
            return None
        distance = order.trail_amount
        if distance is None and order.trail_percent is not None:
            distance = exact(price) * order.trail_percent / 100
        return exact(price) - (distance or Decimal(0)) * (1 if order.is_sell() else -1)


def _settle(order: Order, fill: Fill | None, now: datetime) -> None:
    if fill is None:
        order.status, order.reject_reason = OrderStatus.REJECTED, _REFUSED
        return
    order.status, order.filled_at = OrderStatus.FILLED, now
    order.filled_quantity = Amount(order.quantity)
    order.avg_fill_price = Amount(fill.price)
    order.fills = [{"quantity": str(abs(fill.quantity)), "price": str(fill.price), "timestamp": now.isoformat()}]


def _positive(name: str, value: Any) -> Amount:
    try:
        amount = Amount(exact(value))
    except TypeError as error:
        raise ValueError(f"{name}: {error}") from None
    if not amount.is_finite() or amount <= 0:
        raise ValueError(f"{name} must be above 0, it is {value}")
    return amount


def _check_prices(order: Order) -> None:
    needs_price = order.order_type in (OrderType.LIMIT, OrderType.STOP_LIMIT)
    needs_trigger = order.order_type in (OrderType.STOP, OrderType.STOP_LIMIT)
    if needs_price and order.price is None:
        raise ValueError(f"a {order.order_type.value} order needs a price")
    if needs_trigger and order.stop_price is None:
        raise ValueError(f"a {order.order_type.value} order needs a stop_price")
    trails = (order.trail_amount is not None) + (order.trail_percent is not None)
    if order.order_type is OrderType.TRAILING_STOP and trails != 1:
        raise ValueError("a trailing stop needs trail_amount or trail_percent, one of them")


def _plain(value: Any) -> Any:
    match value:
        case Enum():
            return value.value
        case Decimal():
            return str(value)
        case datetime():
            return value.isoformat()
    return value


_DECIMALS: Final = (
    *("quantity", "price", "stop_price", "filled_quantity", "avg_fill_price", "commission"),
    *("trail_amount", "trail_percent"),
)
_TIMES: Final = ("created_at", "submitted_at", "filled_at", "cancelled_at")
_KINDS: Final = {
    "side": OrderSide,
    "order_type": OrderType,
    "time_in_force": TimeInForce,
    "status": OrderStatus,
}


def _order_of(record: dict[str, Any]) -> Order:
    fields = dict(record)
    for name in _DECIMALS:
        fields[name] = Amount(fields[name]) if fields[name] is not None else None
    for name in _TIMES:
        fields[name] = datetime.fromisoformat(fields[name]) if fields[name] is not None else None
    for name, kind in _KINDS.items():
        fields[name] = kind(fields[name])
    return Order(**fields)
