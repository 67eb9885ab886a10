"""Forms that are columns of a frame: `signal`, and the decision columns of the no-code generator.

The last row is now. A frame whose last row is of another bar decides about the past, which is no decision.
"""

import math
from typing import Any, Final

import numpy as np
import pandas as pd

from strategy_contracts.worker_protocol import Candidate
from strategy_sandbox.adapters.decisions.about import About
from strategy_sandbox.adapters.decisions.actions import read_action
from strategy_sandbox.adapters.plain_values import as_number, describe
from strategy_sandbox.errors import StrategyBreaksContract

_SIGNAL: Final = "signal"
_DECISION: Final = "decision"
_HOLD: Final = "HOLD"


def read_signal_column(answer: object, about: About, what: str) -> list[Candidate]:
    """Column `signal`: 1, -1 or 0 (or a word), one decision a bar."""
    row = _last_row(answer, about, what)
    if row is None:
        return []
    if _SIGNAL not in row:
        raise StrategyBreaksContract(f"{what} has no column `signal`; its columns are {_listed(row)}")
    action, order_type = read_action(_defined(row[_SIGNAL], f"column `signal` of {what}"), f"column `signal` of {what}")
    return [Candidate(symbol=about.symbol, action=action, order_type=order_type)]


def read_decision_columns(answer: object, about: About, what: str) -> list[Candidate]:
    """Columns `decision_<id>`, one for each action of the drawing, in their order; all HOLD is one HOLD."""
    row = _last_row(answer, about, what)
    if row is None:
        return []
    names = [name for name in row if name == _DECISION or name.startswith(f"{_DECISION}_")]
    if not names:
        raise StrategyBreaksContract(f"{what} has no column `decision_…`; its columns are {_listed(row)}")
    decided = [(name, *read_action(_defined(row[name], f"column `{name}`"), f"column `{name}`")) for name in names]
    acting = [item for item in decided if item[1] != _HOLD]
    if not acting:
        return [Candidate(symbol=about.symbol, action=_HOLD)]
    return [_of_column(row, name, action, order_type, about) for name, action, order_type in acting]


def _of_column(row: dict[str, Any], name: str, action: str, order_type: str | None, about: About) -> Candidate:
    node = name.removeprefix(_DECISION).removeprefix("_")
    given: dict[str, Any] = {
        level: as_number(row[f"{level}_{node}"], f"column `{level}_{node}`")
        for level in ("quantity", "stop_loss", "take_profit")
        if f"{level}_{node}" in row and not _is_missing(row[f"{level}_{node}"])
    }
    metadata: dict[str, Any] = {"node": node} if node else {}
    if action == "SELL" and _is_for_a_purchase(given, about.price):
        # The generator knows the formula of a purchase only; a sale has its stop above the market.
        for level in ("stop_loss", "take_profit"):
            if level in given:
                given[level] = 2 * about.price - given[level]
        metadata["levels"] = "mirrored: the columns have them as for a purchase"
    return Candidate(symbol=about.symbol, action=action, order_type=order_type, metadata=metadata, **given)


def _is_for_a_purchase(levels: dict[str, Any], price: float) -> bool:
    return levels.get("stop_loss", 0.0) < price < levels.get("take_profit", math.inf) and (
        "stop_loss" in levels or "take_profit" in levels
    )


def _last_row(answer: object, about: About, what: str) -> dict[str, Any] | None:
    """The last row by column; None for a frame without rows, as strategies leave that drop what is undefined."""
    if not isinstance(answer, pd.DataFrame):
        raise StrategyBreaksContract(f"{what} must be a DataFrame, not {describe(answer)}")
    if not len(answer):
        return None
    place = -1
    if isinstance(answer.index, pd.DatetimeIndex):
        wanted = about.newest if answer.index.tz is not None else about.newest.tz_localize(None)
        if about.is_earlier:
            place = int(answer.index.get_indexer([wanted])[0])
            if place < 0:
                return None
        elif answer.index[-1] != wanted:
            message = f"the last row of {what} is of {answer.index[-1]}, the newest bar of {wanted}; keep the last row"
            raise StrategyBreaksContract(message)
    return {str(name): answer.iloc[place, number] for number, name in enumerate(answer.columns)}


def _defined(value: Any, what: str) -> Any:
    if _is_missing(value):
        raise StrategyBreaksContract(
            f"{what} is undefined (NaN) for the newest bar; write 0 or HOLD where none is meant"
        )
    return value


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float | np.floating) and bool(np.isnan(value))) or value is pd.NaT


def _listed(row: dict[str, Any]) -> str:
    return ", ".join(sorted(row)[:12])
