"""What a documented strategy is given at each call."""

import logging
from datetime import datetime
from typing import Any

from strategy_sandbox.sdk.alphintra.market_data import MarketData
from strategy_sandbox.sdk.alphintra.orders import OrderManager
from strategy_sandbox.sdk.alphintra.portfolio import Portfolio
from strategy_sandbox.sdk.alphintra.risk import RiskManager
from strategy_sandbox.sdk.parts import SdkPart
from strategy_sandbox.sdk.session import Session


class StrategyContext(SdkPart):
    """One strategy in one run."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.market_data = MarketData(session.market)
        self.order_manager = OrderManager(session.orders)
        self.portfolio = Portfolio(session)
        self.risk_manager = RiskManager(session, self.portfolio)
        self.strategy_id = session.strategy_id
        self.parameters = session.parameters
        self.variables = session.variables
        self.metrics = session.metrics
        self.logger = logging.getLogger(session.strategy_id)

    @property
    def symbols(self) -> list[str]:
        """The run's symbols."""
        return self.market_data.symbols

    @property
    def symbol(self) -> str:
        """The run's symbol, where it has only one."""
        return self._session.market.symbol(None)

    @property
    def timeframe(self) -> str:
        return self.market_data.timeframe

    @property
    def current_time(self) -> datetime:
        """The evaluation time, never the wall clock."""
        return self._session.market.now

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
