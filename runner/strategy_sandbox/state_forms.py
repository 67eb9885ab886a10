"""Which values can travel as strategy state and come back exactly as they were.

Plain JSON forms travel as they are; numpy scalars, which every `frame["close"].iloc[-1]` is, decimals and times as
tagged dicts.
Anything else (tuples, sets, deques, arrays, objects) is not restorable: guessing would change its meaning.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pandas as pd

from strategy_sandbox.sdk.amounts import Amount

_TAG: Final = "$numpy"
_SCALARS: Final = (np.float64, np.float32, np.int64, np.int32, np.uint64, np.bool_)
_SCALAR_BY_NAME: Final = {kind.__name__: kind for kind in _SCALARS}
_EXACT: Final = "$exact"
_WRITTEN: Final[dict[type, tuple[str, Callable[[Any], str], Callable[[str], Any]]]] = {
    Decimal: ("Decimal", str, Decimal),
    Amount: ("Amount", str, Amount),
    datetime: ("datetime", datetime.isoformat, datetime.fromisoformat),
    pd.Timestamp: ("Timestamp", pd.Timestamp.isoformat, pd.Timestamp),
}
"""Values that a text says exactly: how it is named, written and read."""
_READ: Final = {name: read for name, _, read in _WRITTEN.values()}
_SMALLEST_INT: Final = -(2**63)
_LARGEST_INT: Final = 2**64 - 1
_MOST_VALUES: Final = 32 * 1024
"""Each takes at least one byte, so more of them than this is near the limit of a state anyway."""


class NotRestorable(Exception):
    """The value, or something in it, would not come back as it was."""


class _Encoding:
    """One value on its way out; counts, and refuses what is reached twice, because it would come back as two."""

    def __init__(self) -> None:
        self._containers: set[int] = set()
        self._values = 0

    def encode(self, value: Any) -> Any:
        self._values += 1
        if self._values > _MOST_VALUES:
            raise NotRestorable
        kind = type(value)
        if value is None or kind is bool or kind is float or kind is str:
            return value
        if kind is int:
            if not _SMALLEST_INT <= value <= _LARGEST_INT:
                raise NotRestorable
            return value
        if kind in _SCALARS:
            return {_TAG: [kind.__name__, value.item()]}
        if kind in _WRITTEN:
            return {_EXACT: self._written(value)}
        if kind is not list and kind is not dict:
            raise NotRestorable
        if id(value) in self._containers:
            raise NotRestorable
        self._containers.add(id(value))
        return [self.encode(item) for item in value] if kind is list else self._encode_dict(value)

    @staticmethod
    def _written(value: Any) -> list[str]:
        name, write, read = _WRITTEN[type(value)]
        text = write(value)
        # NaT, and times in zones that only a name says, do not come back as they are.
        if read(text) != value or str(getattr(value, "tzinfo", None)) != str(getattr(read(text), "tzinfo", None)):
            raise NotRestorable
        return [name, text]

    def _encode_dict(self, value: dict[Any, Any]) -> dict[str, Any]:
        if _TAG in value or _EXACT in value or any(type(key) is not str for key in value):
            raise NotRestorable
        return {key: self.encode(item) for key, item in value.items()}


def encode_value(value: Any) -> Any:
    """The form that travels; NotRestorable when there is none."""
    try:
        return _Encoding().encode(value)
    except RecursionError:
        raise NotRestorable from None


def decode_value(form: Any) -> Any:
    """The value again, of the same types."""
    if isinstance(form, list):
        return [decode_value(item) for item in form]
    if isinstance(form, dict):
        if _TAG in form:
            name, value = form[_TAG]
            return _SCALAR_BY_NAME[name](value)
        if _EXACT in form:
            name, text = form[_EXACT]
            return _READ[name](text)
        return {key: decode_value(item) for key, item in form.items()}
    return form
