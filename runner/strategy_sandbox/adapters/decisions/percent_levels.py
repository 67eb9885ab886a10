"""Stops and targets that a form gives in percent, as prices on the right side of the market."""

from typing import Any, Final

from strategy_sandbox.adapters.plain_values import as_number
from strategy_sandbox.errors import StrategyBreaksContract

_DIRECTIONS: Final = {"BUY": 1, "SELL": -1}
_LEVELS: Final = (("stop_loss", -1), ("take_profit", 1))


def levels_from_percent(fields: dict[Any, Any], which: str, action: str, price: float, *, own_names: bool) -> None:
    """Replace `stop_loss_pct` and `take_profit_pct`, and with `own_names` the plain names too; 0 means none.

    Only what opens a position has a side to count them from; beside other actions they say nothing.
    """
    for name, side in _LEVELS:
        given = fields.pop(f"{name}_pct", None)
        if given is None and own_names:
            given = fields.pop(name, None)
        if given is None:
            continue
        percent = as_number(given, f"{name} of {which}")
        if not 0 <= percent < 100:
            raise StrategyBreaksContract(f"{name} of {which} is {percent!r} percent; it must be at least 0, below 100")
        direction = _DIRECTIONS.get(action)
        if percent and direction is not None:
            fields[name] = price * (1 + direction * side * percent / 100)
