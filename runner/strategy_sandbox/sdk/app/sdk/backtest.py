"""Names that strategies import beside BaseStrategy; a run that gives signals runs no backtest inside itself."""

from dataclasses import dataclass, field
from typing import Any

from strategy_sandbox.sdk.parts import NotAvailable


@dataclass
class BacktestResult:
    """What a backtest would give."""

    total_return: float = 0.0
    max_drawdown: float = 0.0
    total_trades: int = 0
    trades: list[dict[str, Any]] = field(default_factory=list)


class BacktestRunner:
    """Can be made and set up, so that files which do so at their end can be loaded."""

    def __init__(self, *settings: Any, **named: Any) -> None:
        self.settings = settings
        self.named_settings = named

    def run(self, *_: Any, **__: Any) -> BacktestResult:
        raise NotAvailable("a strategy cannot backtest itself; use `strategyctl run --bars FILE.csv` from outside")
