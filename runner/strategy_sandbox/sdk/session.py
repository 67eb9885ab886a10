"""One SDK strategy from evaluation to evaluation: market, account, orders, and what must be remembered of them."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from strategy_contracts.worker_protocol import Candidate, Load
from strategy_sandbox.moment import Moment
from strategy_sandbox.sdk.account_view import INITIAL_CAPITAL, AccountView, Holding
from strategy_sandbox.sdk.market_view import MarketView
from strategy_sandbox.sdk.order_book import Order, OrderBook


@dataclass
class Happened:
    """Since the evaluation before: what the hooks are told."""

    settled: list[Order] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    """Symbols."""
    closed: dict[str, Holding] = field(default_factory=dict)
    """By symbol, what was held."""


class Session:
    """Shared by the objects of an SDK's context."""

    def __init__(self, load: Load, symbols: tuple[str, ...]) -> None:
        self.strategy_id = load.entry_point.name
        self.parameters: dict[str, Any] = dict(load.parameters)
        self.market = MarketView(symbols, load.timeframe)
        self.account = AccountView()
        self.variables: dict[str, Any] = {}
        self.metrics: dict[str, Any] = {}
        self.memory: dict[str, Any] = {
            "bar_count": 0,
            "held": {},
            "opened_at": {},
            "trades": 0,
            "wins": 0,
            "losses": 0,
            "realized": "0",
            "peak_equity": str(INITIAL_CAPITAL),
            "max_drawdown": 0.0,
        }
        self.orders = OrderBook(self.market, self.memory)

    @property
    def carriers(self) -> dict[str, dict[str, Any]]:
        """What travels as state."""
        return {"variables": self.variables, "metrics": self.metrics, "sdk": self.memory}

    def begin(self, moment: Moment) -> Happened:
        """Move to an evaluation."""
        self.market.move_to(moment)
        self.account.move_to(moment.account)
        self.memory["bar_count"] += 1
        happened = Happened(settled=self.orders.settle(self.account))
        self._compare_positions(happened)
        self._keep_statistics(happened)
        self.orders.is_open = True
        return happened

    def finish(self) -> list[Candidate]:
        """The orders of this evaluation."""
        return self.orders.candidates()

    def _compare_positions(self, happened: Happened) -> None:
        held: dict[str, list[str]] = self.memory["held"]
        before = {symbol: Holding(Decimal(quantity), Decimal(price)) for symbol, (quantity, price) in held.items()}
        now = self.account.holdings
        opened_at: dict[str, str] = self.memory["opened_at"]
        for symbol in sorted(before.keys() | now.keys()):
            was = before[symbol].quantity if symbol in before else Decimal(0)
            is_now = now[symbol].quantity if symbol in now else Decimal(0)
            if was * is_now > 0:
                continue
            if was:
                happened.closed[symbol] = before[symbol]
                opened_at.pop(symbol, None)
            if is_now:
                happened.opened.append(symbol)
                opened_at[symbol] = self.market.now.isoformat()
        self.memory["held"] = {
            symbol: [str(holding.quantity), str(holding.average_price)] for symbol, holding in now.items()
        }

    def _keep_statistics(self, happened: Happened) -> None:
        memory = self.memory
        profit = self.account.realized_pnl - Decimal(memory["realized"])
        memory["realized"] = str(self.account.realized_pnl)
        memory["trades"] += sum(order.is_filled() for order in happened.settled)
        memory["wins"] += profit > 0
        memory["losses"] += profit < 0
        peak = max(Decimal(memory["peak_equity"]), self.account.equity)
        memory["peak_equity"] = str(peak)
        drawdown = float((peak - self.account.equity) / peak) if peak else 0.0
        memory["max_drawdown"] = max(memory["max_drawdown"], drawdown)
