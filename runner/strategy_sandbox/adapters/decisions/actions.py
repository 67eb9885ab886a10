"""The names that strategies give to actions, as the six of a signal."""

import numpy as np

from strategy_contracts.action_words import action_word
from strategy_sandbox.adapters.plain_values import as_text, describe
from strategy_sandbox.errors import StrategyBreaksContract

_BY_NUMBER = {1: "BUY", -1: "SELL", 0: "HOLD"}
_OF_SIGNAL_OBJECTS = {"CLOSE": "CLOSE_ALL"}
"""`close` of the strategy engine's signal type: of the one symbol that was asked about."""


def read_action(value: object, what: str) -> tuple[str, str | None]:
    """The action, and the order type that its name implies.

    A name that manages orders (TRAILING_STOP) stays as it is: the supervisor counts it among what gave no signal.
    An unknown one stays too, for the supervisor to refuse with the list of those there are.
    """
    if isinstance(value, bool | np.bool_):
        raise StrategyBreaksContract(f"{what} must be a text like 'BUY', or 1, -1 or 0, not {describe(value)}")
    if isinstance(value, int | float | np.number):
        if value not in _BY_NUMBER:
            raise StrategyBreaksContract(f"{what} is {float(value)!r}; a number must be 1 (buy), -1 (sell) or 0 (hold)")
        return _BY_NUMBER[int(value)], None
    return spelled(as_text(value, what))


def spelled(text: str) -> tuple[str, str | None]:
    """The same for a text, in any case."""
    text = text.strip()
    # Other alphabets have letters whose capital is Latin; those are no spelling of ours.
    name = text.upper() if text.isascii() else text
    name = _OF_SIGNAL_OBJECTS.get(name, name)
    word = action_word(name) if text.isascii() else None
    if word is None or word.action is None:
        return name, None
    return word.action.value, word.order_type.value if word.order_type is not None else None
