"""Joins a strategy object to its SDK: gives the context, calls the hooks, collects the orders."""

from typing import Any, Protocol

from strategy_contracts.worker_protocol import Candidate, Load
from strategy_sandbox.errors import StrategyBreaksContract
from strategy_sandbox.moment import Moment
from strategy_sandbox.sdk import alphintra
from strategy_sandbox.sdk.account_view import Holding
from strategy_sandbox.sdk.alphintra.orders import Order as SignedOrder
from strategy_sandbox.sdk.amounts import Amount, exact
from strategy_sandbox.sdk.app import sdk
from strategy_sandbox.sdk.app.sdk.portfolio import Position, PositionSide
from strategy_sandbox.sdk.session import Session


class SdkSession(Protocol):
    """One strategy object and its SDK."""

    @property
    def carriers(self) -> dict[str, dict[str, Any]]:
        """What travels as state, besides the object's attributes."""

    @property
    def names(self) -> dict[str, Any]:
        """What its module may use as globals."""

    def initialize(self) -> None:
        """Once, when the object is made."""

    def begin(self, moment: Moment) -> None:
        """Before the strategy is asked."""

    def ask(self) -> None:
        """Call its `on_bar`."""

    def finish(self) -> list[Candidate]:
        """Afterwards: the orders it has placed."""


def session_for(instance: object, load: Load, symbols: tuple[str, ...]) -> SdkSession | None:
    """By the base class of the object; None for one of neither SDK."""
    match instance:
        case sdk.BaseStrategy():
            return _Sdk(instance, Session(load, symbols))
        case alphintra.BaseStrategy():
            return _DocumentedSdk(instance, Session(load, symbols))
    return None


class _Sdk:
    """`app.sdk`: arguments are in the object."""

    def __init__(self, strategy: sdk.BaseStrategy, session: Session) -> None:
        self._strategy, self._session = strategy, session
        self.context = sdk.StrategyContext(session)
        self.carriers = session.carriers
        context = self.context
        self.names: dict[str, Any] = {
            "data": context.market_data,
            "portfolio": context.portfolio,
            "orders": context.order_manager,
            "risk": context.risk_manager,
            "context": context,
        }
        strategy.set_context(context)

    def initialize(self) -> None:
        self._strategy.initialize()
        errors = self._strategy.validate_parameters()
        if errors:
            raise StrategyBreaksContract("validate_parameters: " + "; ".join(str(error)[:200] for error in errors))

    def begin(self, moment: Moment) -> None:
        happened = self._session.begin(moment)
        for order in happened.settled:
            if order.is_filled():
                self._strategy.on_order_filled(order)
            else:
                self._strategy.on_order_cancelled(order)
        for symbol, before in happened.closed.items():
            self._strategy.on_position_closed(self._closed(symbol, before))
        for symbol in happened.opened:
            position = self.context.portfolio.positions.get(symbol)
            if position is not None:
                self._strategy.on_position_opened(position)

    def ask(self) -> None:
        self._strategy.on_bar()

    def finish(self) -> list[Candidate]:
        return self._session.finish()

    def _closed(self, symbol: str, before: Holding) -> Position:
        market = self._session.market
        price = market.price(symbol) if symbol in market.symbols else None
        return Position(
            symbol=symbol,
            side=PositionSide.LONG if before.quantity > 0 else PositionSide.SHORT,
            quantity=Amount(0),
            avg_price=Amount(before.average_price),
            current_price=Amount(before.average_price if price is None else exact(price)),
        )


class _DocumentedSdk:
    """`alphintra`: the context is the argument."""

    def __init__(self, strategy: alphintra.BaseStrategy, session: Session) -> None:
        self._strategy, self._session = strategy, session
        self.context = alphintra.StrategyContext(session)
        self.carriers = session.carriers
        self.names: dict[str, Any] = {}

    def initialize(self) -> None:
        self._strategy.initialize(self.context)

    def begin(self, moment: Moment) -> None:
        for order in self._session.begin(moment).settled:
            if order.is_filled():
                self._strategy.on_order_fill(self.context, SignedOrder.of(order))

    def ask(self) -> None:
        try:
            self._strategy.on_bar(self.context)
        except Exception as error:
            self._strategy.on_error(self.context, error)
            raise

    def finish(self) -> list[Candidate]:
        return self._session.finish()
