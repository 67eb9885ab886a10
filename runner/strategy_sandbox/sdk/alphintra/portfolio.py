"""`context.portfolio`: the paper account, in floats; a position's quantity is negative for a short."""

from dataclasses import dataclass
from typing import Any

from strategy_sandbox.sdk.account_view import INITIAL_CAPITAL
from strategy_sandbox.sdk.parts import SdkPart
from strategy_sandbox.sdk.session import Session


@dataclass(frozen=True)
class Position:
    """What is held of a symbol, also when it is nothing."""

    symbol: str
    quantity: float = 0.0
    avg_price: float = 0.0
    current_price: float = 0.0

    @property
    def is_long(self) -> bool:
        return self.quantity > 0

    @property
    def is_short(self) -> bool:
        return self.quantity < 0

    @property
    def is_flat(self) -> bool:
        return self.quantity == 0

    @property
    def average_price(self) -> float:
        return self.avg_price

    @property
    def entry_price(self) -> float:
        return self.avg_price

    @property
    def market_value(self) -> float:
        """At the newest close; negative for a short."""
        return self.quantity * self.current_price

    @property
    def unrealized_pnl(self) -> float:
        return (self.current_price - self.avg_price) * self.quantity


class Portfolio(SdkPart):
    """Follows the published signals at the closes they were published at."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def initial_capital(self) -> float:
        return float(INITIAL_CAPITAL)

    @property
    def total_value(self) -> float:
        return float(self._session.account.equity)

    @property
    def cash_balance(self) -> float:
        return float(self._session.account.cash)

    @property
    def positions_value(self) -> float:
        return float(self._session.account.equity - self._session.account.cash)

    @property
    def positions(self) -> dict[str, Position]:
        """By symbol, only what is held."""
        return {symbol: self.get_position(symbol) for symbol in self._session.account.holdings}

    def get_position(self, symbol: str | None = None) -> Position:
        """The position in a symbol of the run, flat where nothing is held."""
        market, holdings = self._session.market, self._session.account.holdings
        name = symbol if symbol in holdings else market.symbol(symbol)
        assert name is not None
        price = market.price(name) if name in market.symbols else None
        held = holdings.get(name)
        if held is None:
            return Position(name, current_price=price or 0.0)
        average = float(held.average_price)
        return Position(name, float(held.quantity), average, price if price is not None else average)

    def get_daily_pnl(self) -> float:
        """Since the first evaluation of the UTC day."""
        return float(self._session.account.equity - self._session.account.day_start_equity)

    def get_unrealized_pnl(self) -> float:
        return sum(position.unrealized_pnl for position in self.positions.values())

    def get_realized_pnl(self) -> float:
        return float(self._session.account.realized_pnl)

    def get_performance_metrics(self) -> dict[str, Any]:
        memory = self._session.memory
        return {
            "total_value": self.total_value,
            "total_return": self.total_value / INITIAL_CAPITAL - 1,
            "realized_pnl": self.get_realized_pnl(),
            "unrealized_pnl": self.get_unrealized_pnl(),
            "total_trades": memory["trades"],
            "winning_trades": memory["wins"],
            "losing_trades": memory["losses"],
            "max_drawdown": memory["max_drawdown"],
        }
