"""`self.portfolio`: the paper account, which follows the published signals at the closes they were published at."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from strategy_sandbox.sdk.account_view import INITIAL_CAPITAL, Holding
from strategy_sandbox.sdk.amounts import ZERO, Amount, exact
from strategy_sandbox.sdk.order_book import Order, OrderSide
from strategy_sandbox.sdk.parts import NotAvailable, SdkPart
from strategy_sandbox.sdk.session import Session


class PositionSide(StrEnum):
    """Compares equal to its text: `position.side == "long"`."""

    LONG = "long"
    SHORT = "short"


@dataclass(frozen=True)
class Position:
    """What is held of a symbol; the quantity is positive, the side says the rest."""

    symbol: str
    side: PositionSide
    quantity: Decimal
    avg_price: Decimal
    current_price: Decimal
    opened_at: datetime | None = None
    realized_pnl: Decimal = ZERO

    @property
    def total_cost(self) -> Decimal:
        return self.quantity * self.avg_price

    @property
    def market_value(self) -> Decimal:
        """At the newest close."""
        return self.quantity * self.current_price

    @property
    def unrealized_pnl(self) -> Decimal:
        return self.get_unrealized_pnl()

    def get_unrealized_pnl(self, current_price: Any = None) -> Decimal:
        """At a price, else at the newest close."""
        price = self.current_price if current_price is None else exact(current_price)
        return Amount((price - self.avg_price) * self.quantity * (1 if self.side is PositionSide.LONG else -1))

    def get_unrealized_pnl_percent(self, current_price: Any = None) -> Decimal:
        """Of what was paid."""
        cost = self.total_cost
        return Amount(self.get_unrealized_pnl(current_price) / cost * 100) if cost else Amount(0)

    def is_closed(self) -> bool:
        return self.quantity == 0

    def to_dict(self) -> dict[str, Any]:
        return {
            "symbol": self.symbol,
            "side": self.side.value,
            "quantity": float(self.quantity),
            "avg_price": float(self.avg_price),
            "market_value": float(self.market_value),
            "unrealized_pnl": float(self.unrealized_pnl),
            "opened_at": self.opened_at.isoformat() if self.opened_at else None,
        }


class Portfolio(SdkPart):
    """Read what is held; to change it, place orders, which `open_position` and `close_position` do too."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def initial_capital(self) -> Decimal:
        return Amount(INITIAL_CAPITAL)

    @property
    def cash_balance(self) -> Decimal:
        return self._session.account.cash

    @property
    def total_value(self) -> Decimal:
        """Cash and positions at the newest closes."""
        return self._session.account.equity

    @property
    def positions_value(self) -> Decimal:
        return self._session.account.equity - self._session.account.cash

    @property
    def positions(self) -> dict[str, Position]:
        """By symbol, only what is held."""
        return {symbol: self._position(symbol, held) for symbol, held in self._session.account.holdings.items()}

    @property
    def unrealized_pnl(self) -> Decimal:
        return Amount(sum((position.unrealized_pnl for position in self.positions.values()), Decimal(0)))

    @property
    def realized_pnl(self) -> Decimal:
        return self._session.account.realized_pnl

    @property
    def total_pnl(self) -> Decimal:
        return self._session.account.equity - INITIAL_CAPITAL

    @property
    def total_return(self) -> Decimal:
        """In percent."""
        return self.total_pnl / INITIAL_CAPITAL * 100

    @property
    def total_trades(self) -> int:
        """Orders that were filled."""
        return int(self._session.memory["trades"])

    @property
    def winning_trades(self) -> int:
        return int(self._session.memory["wins"])

    @property
    def losing_trades(self) -> int:
        return int(self._session.memory["losses"])

    @property
    def max_drawdown(self) -> float:
        """The deepest fall below the highest value so far, as a fraction."""
        return float(self._session.memory["max_drawdown"])

    def get_position(self, symbol: str) -> Position | None:
        return self.positions.get(self._session.market.symbol(symbol))

    def has_position(self, symbol: str) -> bool:
        return self.get_position(symbol) is not None

    def calculate_drawdown(self) -> float:
        """How far the value is below its highest so far, as a fraction."""
        peak = Decimal(self._session.memory["peak_equity"])
        return float((peak - self.total_value) / peak) if peak else 0.0

    def get_performance_stats(self) -> dict[str, Any]:
        return {
            "total_value": float(self.total_value),
            "total_pnl": float(self.total_pnl),
            "total_return": float(self.total_return),
            "realized_pnl": float(self.realized_pnl),
            "unrealized_pnl": float(self.unrealized_pnl),
            "total_trades": self.total_trades,
            "winning_trades": self.winning_trades,
            "losing_trades": self.losing_trades,
            "max_drawdown": self.max_drawdown,
        }

    def get_positions_summary(self) -> list[dict[str, Any]]:
        return [position.to_dict() for position in self.positions.values()]

    def validate_trade(self, symbol: str, quantity: Any, price: Any = None, side: str = "buy") -> tuple[bool, str]:
        """Whether the cash would do for a purchase, and why not."""
        price = self._session.market.price(symbol) if price is None else price
        if price is None:
            return False, f"{symbol} has no price yet"
        cost = exact(quantity) * exact(price)
        if side in ("buy", "long") and cost > self.cash_balance:
            return False, f"it costs {cost}, the cash is {self.cash_balance}"
        return True, ""

    def open_position(self, symbol: str, side: str, quantity: Any, price: Any = None) -> Order:
        """A market order; the price is that of the market."""
        placed = OrderSide.BUY if str(getattr(side, "value", side)).lower() in ("buy", "long") else OrderSide.SELL
        return self._session.orders.place(Order(symbol, placed, quantity))

    def close_position(self, symbol: str, price: Any = None) -> Order | None:
        """An order that ends the position; None when there is none."""
        position = self.get_position(symbol)
        if position is None:
            return None
        side = OrderSide.SELL if position.side is PositionSide.LONG else OrderSide.BUY
        return self._session.orders.place(Order(symbol, side, position.quantity, closes=True))

    def close_all_positions(self, prices: Mapping[str, Any] | None = None) -> list[Order]:
        closed = [self.close_position(symbol) for symbol in self.positions]
        return [order for order in closed if order is not None]

    def update_position(self, *_: Any, **__: Any) -> None:
        raise NotAvailable("update_position is not there: positions follow the published signals; place an order")

    def reset(self) -> None:
        raise NotAvailable("reset is not there: the paper account is that of the run")

    def _position(self, symbol: str, held: Holding) -> Position:
        price = self._session.market.price(symbol) if symbol in self._session.market.symbols else None
        opened_at = self._session.memory["opened_at"].get(symbol)
        return Position(
            symbol=symbol,
            side=PositionSide.LONG if held.quantity > 0 else PositionSide.SHORT,
            quantity=Amount(abs(held.quantity)),
            avg_price=Amount(held.average_price),
            current_price=Amount(exact(price) if price is not None else held.average_price),
            opened_at=datetime.fromisoformat(opened_at) if opened_at else None,
        )
