"""Finding and making what the static analysis has named. It may be wrong about code that builds names at run time."""

import inspect
from collections.abc import Callable
from types import CodeType, ModuleType
from typing import Any

from strategy_contracts.bundle import EntryPoint
from strategy_contracts.worker_protocol import Load
from strategy_sandbox.errors import StrategyBreaksContract


def find_callable(owner: object, name: str, entry_point: EntryPoint) -> Callable[..., Any]:
    """The attribute of a module or instance that is to be called; StrategyBreaksContract when it is not there."""
    found: object = getattr(owner, name, None)
    if not callable(found):
        raise StrategyBreaksContract(
            f"{entry_point.file} was to define {entry_point.describe()}, but after loading it does not"
        )
    return found


def make_object(load: Load, module: ModuleType) -> object:
    """The strategy's object, made with the constructor arguments that it wants."""
    entry_point = load.entry_point
    given = {name: _constructor_value(name, load) for name in entry_point.constructor}
    made: object = find_callable(module, entry_point.name, entry_point)(**given)
    return made


def call_if_there(instance: object, *names: str) -> None:
    """Call the first of these methods that the object has, without arguments."""
    for name in names:
        method = getattr(instance, name, None)
        if callable(method):
            method()
            return


def attributes_of(instance: object) -> dict[str, Any]:
    """The live attribute dict; a class with __slots__ alone has none and its state is not carried."""
    return getattr(instance, "__dict__", {})


def line_of(found: Callable[..., Any]) -> int | None:
    """The first line of its definition; None when it is not written in Python."""
    code = getattr(inspect.unwrap(found), "__code__", None)
    return code.co_firstlineno if isinstance(code, CodeType) else None


def _constructor_value(name: str, load: Load) -> Any:
    match name:
        case "strategy_id" | "name":
            return load.entry_point.name
        case "config" | "parameters" | "params" | "settings":
            return dict(load.parameters)
    # Credentials of a broker and its address: strategies have no network, and get none.
    return ""
