"""Tells whether a value has changed since it was looked at last, for values that cannot travel as state.

A walk over what the value holds, bounded; a value that cannot be walked has no fingerprint and counts as changed.
"""

import hashlib
import logging
import re
import types
from collections import deque
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from functools import partial
from typing import Any, Final

import numpy as np
import pandas as pd

from strategy_sandbox.sdk.parts import SdkPart

_MOST_STEPS: Final = 20_000
_MOST_ARRAY_BYTES: Final = 1024 * 1024

_CONSTANTS: Final = (
    *(type(None), bool, int, float, complex, str, bytes, Decimal, Fraction, np.generic, np.dtype, np.ufunc),
    *(date, datetime, time, timedelta, tzinfo, pd.Timestamp, pd.Timedelta, Enum, range, re.Pattern),
    *(type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType, partial),
    *(types.GenericAlias, types.UnionType, property, staticmethod, classmethod),
    # A logger changes when the process configures logging, which is not the strategy's doing.
    logging.Logger,
    # What an SDK hands out keeps its own state.
    SdkPart,
)


class _NoFingerprint(Exception):
    """The value cannot be walked."""


def is_constant(value: object) -> bool:
    """Whether a value of this kind never changes, so that only a new binding of its name does."""
    return isinstance(value, _CONSTANTS) or type(value).__module__ == "typing"


def fingerprint(value: object) -> bytes | None:
    """Equal as long as the value has not changed; None when that cannot be said."""
    walk = _Walk()
    try:
        walk.visit(value)
    except (_NoFingerprint, RecursionError):
        return None
    return walk.digest()


class _Walk:
    def __init__(self) -> None:
        self._hash = hashlib.blake2b(digest_size=16)
        self._steps = 0
        self._open: set[int] = set()

    def digest(self) -> bytes:
        return self._hash.digest()

    def visit(self, value: Any) -> None:
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise _NoFingerprint
        self._hash.update(type(value).__name__.encode("utf-8", "replace"))
        if is_constant(value):
            self._constant(value)
        elif id(value) in self._open:
            self._hash.update(b"again")
        else:
            self._open.add(id(value))
            self._container(value)
            self._open.discard(id(value))

    def _constant(self, value: Any) -> None:
        plain = isinstance(value, bool | int | float | str | np.generic | Decimal | datetime | type(None))
        self._hash.update(repr(value).encode("utf-8", "replace") if plain else b"%d" % id(value))

    def _container(self, value: Any) -> None:
        match value:
            case dict():
                self._all(part for item in value.items() for part in item)
            case list() | tuple() | deque():
                self._hash.update(b"%d" % len(value))
                self._all(value)
            case set() | frozenset():
                # Order of iteration is stable while the set does not change, which is all that is asked.
                self._all(value)
            case np.ndarray() if value.dtype != object and value.nbytes <= _MOST_ARRAY_BYTES:
                self._hash.update(str(value.shape).encode())
                self._hash.update(np.ascontiguousarray(value).tobytes())
            case pd.DataFrame():
                self._all([*value.columns, value.index.to_numpy(), *(column.to_numpy() for _, column in value.items())])
            case pd.Series():
                self._all([value.index.to_numpy(), value.to_numpy()])
            case _ if hasattr(value, "__dict__"):
                self.visit(vars(value))
            case _:
                raise _NoFingerprint

    def _all(self, parts: Iterable[Any]) -> None:
        for part in parts:
            self.visit(part)
