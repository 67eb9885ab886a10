"""Finding what the static analysis has named. It may be wrong about code that builds its names at run time."""

import inspect
from collections.abc import Callable
from types import CodeType
from typing import Any

from strategy_contracts.bundle import EntryPoint
from strategy_sandbox.errors import StrategyBreaksContract


def find_callable(owner: object, name: str, entry_point: EntryPoint) -> Callable[..., Any]:
    """The attribute of a module or instance that is to be called; StrategyBreaksContract when it is not there."""
    found: object = getattr(owner, name, None)
    if not callable(found):
        raise StrategyBreaksContract(
            f"{entry_point.file} was to define {entry_point.describe()}, but after loading it does not"
        )
    return found


def line_of(found: Callable[..., Any]) -> int | None:
    """The first line of its definition; None when it is not written in Python."""
    code = getattr(inspect.unwrap(found), "__code__", None)
    return code.co_firstlineno if isinstance(code, CodeType) else None
