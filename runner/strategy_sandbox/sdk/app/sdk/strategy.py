"""BaseStrategy and its context: what a strategy of `app.sdk` derives from and is given."""

import logging
from datetime import datetime
from typing import Any

from strategy_sandbox.sdk.app.sdk.data import Bar, MarketData
from strategy_sandbox.sdk.app.sdk.orders import Order, OrderManager
from strategy_sandbox.sdk.app.sdk.portfolio import Portfolio, Position
from strategy_sandbox.sdk.app.sdk.risk import RiskManager
from strategy_sandbox.sdk.parts import SdkPart
from strategy_sandbox.sdk.session import Session


class StrategyContext(SdkPart):
    """One strategy in one run."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.market_data = MarketData(session.market)
        self.portfolio = Portfolio(session)
        self.order_manager = OrderManager(session.orders)
        self.risk_manager = RiskManager(session, self.portfolio)
        self.strategy_id = session.strategy_id
        self.user_id: str | None = None
        self.parameters = session.parameters
        self.variables = session.variables
        self.metrics = session.metrics
        self.is_live = True
        self.logger = logging.getLogger(session.strategy_id)

    @property
    def current_time(self) -> datetime:
        """The evaluation time, never the wall clock."""
        return self._session.market.now

    @property
    def current_bar(self) -> Bar | None:
        """The newest bar of the run's first symbol."""
        return self.market_data.get_current_bar(self._session.market.symbols[0])

    @property
    def bar_count(self) -> int:
        """Evaluations of this strategy so far."""
        return int(self._session.memory["bar_count"])

    def log(self, message: str, level: str = "INFO", **fields: Any) -> None:
        """A line of the strategy's output."""
        shown = " ".join(f"{name}={value}" for name, value in fields.items())
        print(f"{level}: {message} {shown}".rstrip())  # noqa: T201 - what a strategy prints is its output

    def get_parameter(self, name: str, default: Any = None) -> Any:
        return self.parameters.get(name, default)

    def set_variable(self, name: str, value: Any) -> None:
        """Remember a value; plain ones survive a restart."""
        self.variables[name] = value

    def get_variable(self, name: str, default: Any = None) -> Any:
        return self.variables.get(name, default)

    def record_metric(self, name: str, value: Any) -> None:
        """The newest value by name."""
        self.metrics[name] = value


class BaseStrategy:
    """Derive from it, define `initialize` and `on_bar`, and place orders through `self.orders`.

    A strategy without `on_bar` can be made too: the platform's older templates define `on_data` instead.
    """

    __slots__ = ("__dict__", "_context")

    version = "1.0.0"
    author = ""
    category = "custom"

    def __init__(self, name: str | None = None, description: str | None = None) -> None:
        self.name = name or type(self).__name__
        self.description = description or ""
        self.tags: list[str] = []

    def initialize(self) -> None:
        """Once, before the first bar; there are no bars yet."""

    def on_bar(self) -> None:
        """At every evaluation."""
        raise NotImplementedError(f"{type(self).__name__} must define on_bar(self)")

    def finalize(self) -> None:
        """Of the platform's life cycle; a run has no end that a strategy is told of."""

    def on_order_filled(self, order: Order) -> None:
        """Before on_bar, for each order of the evaluation before that was published."""

    def on_order_cancelled(self, order: Order) -> None:
        """Before on_bar, for each order of the evaluation before that a signal rule kept back."""

    def on_position_opened(self, position: Position) -> None:
        """Before on_bar."""

    def on_position_closed(self, position: Position) -> None:
        """Before on_bar; the position has quantity 0."""

    def validate_parameters(self) -> list[str]:
        """What is wrong with the parameters; a strategy with errors is not started."""
        return []

    def get_required_data(self) -> dict[str, Any]:
        return {"symbols": self.data.symbols, "timeframe": self.data.timeframe, "history_bars": 100, "indicators": []}

    def get_strategy_info(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "description": self.description,
            "version": self.version,
            "author": self.author,
            "tags": list(self.tags),
            "category": self.category,
        }

    def set_context(self, context: StrategyContext) -> None:
        self._context = context

    @property
    def context(self) -> StrategyContext:
        try:
            context: StrategyContext = self._context
        except AttributeError:
            raise RuntimeError("the context is there from initialize on, not yet in __init__") from None
        return context

    @property
    def data(self) -> MarketData:
        return self.context.market_data

    @property
    def portfolio(self) -> Portfolio:
        return self.context.portfolio

    @property
    def orders(self) -> OrderManager:
        return self.context.order_manager

    @property
    def risk(self) -> RiskManager:
        return self.context.risk_manager

    def log(self, message: str, level: str = "INFO", **fields: Any) -> None:
        self.context.log(message, level, **fields)

    def get_parameter(self, name: str, default: Any = None) -> Any:
        return self.context.get_parameter(name, default)

    def set_variable(self, name: str, value: Any) -> None:
        self.context.set_variable(name, value)

    def get_variable(self, name: str, default: Any = None) -> Any:
        return self.context.get_variable(name, default)

    def record_metric(self, name: str, value: Any) -> None:
        self.context.record_metric(name, value)
