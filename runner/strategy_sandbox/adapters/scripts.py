"""Shape L: a script of the backtest service, executed on the window at every evaluation with the names it expects.

It trades through the whole window and appends to `trades`; the trades of the newest bar are the decisions.
"""

import math
import warnings
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import numpy as np
import pandas as pd

from strategy_contracts.worker_protocol import Candidate, Load
from strategy_sandbox.adapters.decisions import About, read_symbol_decisions
from strategy_sandbox.adapters.plain_values import describe
from strategy_sandbox.adapters.script_indicators import ScriptIndicators
from strategy_sandbox.adapters.symbol_views import SymbolView, symbol_views
from strategy_sandbox.bundle_modules import BundleFinder
from strategy_sandbox.errors import StrategyBreaksContract
from strategy_sandbox.moment import Moment

Trades = list[Mapping[Any, Any]]

_CAPITAL: Final = 100_000.0
_ONLY_OF_BACKTESTS: Final = ("total_cost",)


class ScriptAdapter:
    """Compiled once; nothing survives an evaluation, so there is no state."""

    carriers: Mapping[str, dict[str, Any]] = {}
    line: int | None = 1

    def __init__(self, load: Load, bundle: BundleFinder) -> None:
        self._code = bundle.compile_main(load.entry_point.file)
        self._timeframe = load.timeframe
        self._name = load.entry_point.file.removesuffix(".py").replace("/", ".")

    def evaluate(self, moment: Moment) -> list[Candidate]:
        candidates: list[Candidate] = []
        for view in symbol_views(moment):
            candidates += self.read(self.answer(view), view.about)
        return candidates

    def read(self, answer: Trades, about: About) -> list[Candidate]:
        """The trades of one bar."""
        of_bar = [trade for trade in answer if _time_of(trade) == about.newest]
        return read_symbol_decisions([_without_costs(trade) for trade in of_bar], about)

    def answer(self, view: SymbolView) -> Trades:
        """The trades of the whole window."""
        names = {"__name__": self._name, **self._injected(view)}
        exec(self._code, names)  # noqa: S102 - running the strategy is what the worker is for
        trades = names["trades"]
        if not isinstance(trades, list):
            raise StrategyBreaksContract(f"`trades` must stay a list; the script has made it {describe(trades)}")
        for number, trade in enumerate(trades, 1):
            if not isinstance(trade, Mapping):
                raise StrategyBreaksContract(f"trade {number} must be a dict, not {describe(trade)}")
        return trades

    def _injected(self, view: SymbolView) -> dict[str, Any]:
        index = view.frame.index
        return {
            "data": view.frame,
            "trades": [],
            "capital": _CAPITAL,
            "positions": {},
            "config": {
                "start_date": index[0].isoformat(),
                "end_date": index[-1].isoformat(),
                "initial_capital": _CAPITAL,
                "commission": 0.0,
                "slippage": 0.0,
                "symbols": [view.symbol],
                "timeframe": self._timeframe,
                "max_positions": 1,
            },
            "pd": pd,
            "np": np,
            "ta": ScriptIndicators(),
            "datetime": datetime,
            "math": math,
            "warnings": warnings,
        }


def _time_of(trade: Mapping[Any, Any]) -> pd.Timestamp:
    """When it was made, in UTC; a time without a zone is UTC."""
    given = trade.get("timestamp")
    try:
        time = pd.Timestamp(given) if given is not None else pd.NaT
    except (TypeError, ValueError):
        time = pd.NaT
    if time is pd.NaT:
        raise StrategyBreaksContract(
            f"a trade's timestamp is {describe(given)}; use the index of the bar it was made at, data.index[i]"
        )
    return time.tz_localize("UTC") if time.tz is None else time.tz_convert("UTC")


def _without_costs(trade: Mapping[Any, Any]) -> dict[Any, Any]:
    return {name: value for name, value in trade.items() if name not in _ONLY_OF_BACKTESTS}
