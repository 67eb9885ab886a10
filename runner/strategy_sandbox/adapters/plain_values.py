"""Turns values as strategies write them (numpy scalars, enums, timestamps) into plain ones that a frame can carry."""

import math
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Final

import numpy as np

from strategy_sandbox.errors import StrategyBreaksContract

_DEEPEST: Final = 8
_LONGEST_TEXT: Final = 4096
_SMALLEST_INT: Final = -(2**63)
_LARGEST_INT: Final = 2**64 - 1


def as_number(value: object, what: str) -> float:
    """A finite or infinite float: whether it makes sense is for the signal rules to say."""
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        value = value.item()
    # A bool is an int to Python, but nobody means a quantity of True.
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise StrategyBreaksContract(f"{what} must be a number, not {describe(value)}")
    try:
        return float(value)
    except OverflowError:
        return math.inf


def as_text(value: object, what: str) -> str:
    """A text; of an enum member its value, or its name when the value is none."""
    if isinstance(value, Enum):
        value = value.value if isinstance(value.value, str) else value.name
    if not isinstance(value, str):
        raise StrategyBreaksContract(f"{what} must be a text, not {describe(value)}")
    return _exact_text(value, what)


def as_plain(value: object, what: str, depth: int = 0) -> Any:
    """None, bool, int, float, str, and lists and dicts of these."""
    if value is None or isinstance(value, bool):
        return value
    match value:
        case np.generic():
            return as_plain(value.item(), what, depth)
        case Enum():
            return as_plain(value.value, what, depth)
        case str():
            return _exact_text(value, what)
        case int():
            return int(value) if _SMALLEST_INT <= value <= _LARGEST_INT else str(value)
        case float() | Decimal():
            return float(value)
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
    return _plain_container(value, what, depth)


def describe(value: object) -> str:
    """The value's type, as in a sentence."""
    return "None" if value is None else f"a {type(value).__name__}"


def _plain_container(value: object, what: str, depth: int) -> Any:
    if depth >= _DEEPEST:
        raise StrategyBreaksContract(f"{what} is nested more than {_DEEPEST} levels deep")
    match value:
        case Mapping():
            return {_key(key, what): as_plain(item, f"{what}[{key!r}]", depth + 1) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [as_plain(item, f"an item of {what}", depth + 1) for item in value]
        case np.ndarray():
            return as_plain(value.tolist(), what, depth)
    raise StrategyBreaksContract(f"{what} is {describe(value)}; use numbers, texts, lists and dicts")


def _key(key: object, what: str) -> str:
    if isinstance(key, np.generic):
        key = key.item()
    if isinstance(key, bool | int | float):
        return str(key)
    return as_text(key, f"a key of {what}")


def _exact_text(value: str, what: str) -> str:
    if len(value) > _LONGEST_TEXT:
        raise StrategyBreaksContract(f"{what} is {len(value)} characters long; the limit is {_LONGEST_TEXT}")
    # Lone surrogates have no UTF-8, and a subclass could say something else the next time.
    return str.encode(value, "utf-8", "replace").decode()
