"""The actions that the platform's drawings and strategies can name, and what each means as a signal.

Seven of the twenty manage an order or a position that somebody else holds: a signal cannot say that, so they give none
and the reason is shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from strategy_contracts.signal import Action, OrderType


@dataclass(frozen=True)
class ActionWord:
    """What the action becomes; without an action it gives no signal, and `reason` says why."""

    action: Action | None = None
    order_type: OrderType | None = None
    """None: as the node's order_type says."""
    reason: str = ""


def _managed(what: str) -> ActionWord:
    return ActionWord(reason=f"gives no signal: {what} is for whoever holds the order; signals only open and close")


ACTION_WORDS: Final[Mapping[str, ActionWord]] = {
    "BUY": ActionWord(Action.BUY),
    "SELL": ActionWord(Action.SELL),
    "BUY_LIMIT": ActionWord(Action.BUY, OrderType.LIMIT),
    "SELL_LIMIT": ActionWord(Action.SELL, OrderType.LIMIT),
    "BUY_STOP": ActionWord(Action.BUY, OrderType.STOP),
    "SELL_STOP": ActionWord(Action.SELL, OrderType.STOP),
    "CLOSE_LONG": ActionWord(Action.CLOSE_LONG),
    "CLOSE_SHORT": ActionWord(Action.CLOSE_SHORT),
    "CLOSE_ALL": ActionWord(Action.CLOSE_ALL),
    "TAKE_PROFIT": ActionWord(Action.CLOSE_ALL),
    "STOP_LOSS": ActionWord(Action.CLOSE_ALL),
    "TRAILING_STOP": _managed("a trailing stop"),
    "SCALE_IN": _managed("scaling into a position"),
    "SCALE_OUT": _managed("scaling out of a position"),
    "MODIFY_STOP": _managed("moving a stop"),
    "MODIFY_TARGET": _managed("moving a target"),
    "HEDGE_POSITION": _managed("hedging a position"),
    "REBALANCE": _managed("rebalancing a portfolio"),
    "RISK_OFF": ActionWord(Action.CLOSE_ALL, OrderType.MARKET),
    "EMERGENCY_EXIT": ActionWord(Action.CLOSE_ALL, OrderType.MARKET),
    "HOLD": ActionWord(Action.HOLD),
}
ORDER_TYPES: Final[Mapping[str, OrderType | None]] = {
    "MARKET": OrderType.MARKET,
    "LIMIT": OrderType.LIMIT,
    "STOP": OrderType.STOP,
    "STOP_LIMIT": OrderType.STOP_LIMIT,
    **dict.fromkeys(("TRAILING_STOP", "ICEBERG", "TWAP", "VWAP", "BRACKET", "OCO"), None),
}
"""None: how an order is worked, which a signal cannot say; the signal is a market one and names it in its metadata."""


def action_word(text: str) -> ActionWord | None:
    """The action of that name in any case, None for one that the editor never offered."""
    return ACTION_WORDS.get(text.strip().upper().replace(" ", "_").replace("-", "_"))
