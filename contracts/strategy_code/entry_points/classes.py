"""Shapes that are classes, as a table of recognisers: the first that knows the class decides.

The order is from the method sets that nobody has by chance to the ones that helper classes have too.
"""

import ast
from collections.abc import Callable
from typing import Final

from strategy_code.entry_points.definitions import ClassFacts
from strategy_code.entry_points.functions import SIGNAL_NAMES
from strategy_code.entry_points.outcome import Function, Recognised, Refusal
from strategy_code.entry_points.signatures import arity_of, decorators, keyword_names, required_names, written
from strategy_contracts.bundle import EntryPoint, Shape

_PARAMETERS: Final = frozenset(("config", "parameters", "params", "settings"))
_IDENTITY: Final = frozenset(("strategy_id", "name"))
_BROKER: Final = frozenset(("api_key", "api_secret", "secret_key", "base_url"))
"""What an adapter can give to a constructor: the parameters, a name, and the empty credentials of a broker."""
_SDK: Final = "app.sdk."
_DOCUMENTED_SDK: Final = "alphintra."
_INJECTED_BASE: Final = "BaseStrategy"
"""The platform's executor gives it to code that does not import it."""

Recogniser = Callable[[ClassFacts], Recognised]


def sdk_class(facts: ClassFacts) -> Recognised:
    """G and H: told apart by where the base class comes from, and checked by the arity of `on_bar`."""
    method = facts.method("on_bar")
    if method is None:
        return None
    documented = any(name.startswith(_DOCUMENTED_SDK) for name in facts.base_modules)
    if not documented and not any(_is_of_sdk(name) for name in facts.base_modules):
        return Refusal(
            facts.node,
            f"`{facts.name}.on_bar` belongs to a class that derives from no BaseStrategy; "
            "write `from app.sdk import BaseStrategy` and derive from it",
        )
    shape, most, call = (Shape.ON_BAR_CONTEXT, 1, "(context)") if documented else (Shape.ON_BAR, 0, "no argument")
    return _entry(facts, shape, "on_bar", method, least=most, most=most, call=call)


def market_data_class(facts: ClassFacts) -> Recognised:
    """M: an `async generate_signal` of one argument."""
    method = facts.method("generate_signal")
    if not isinstance(method, ast.AsyncFunctionDef):
        return None
    return _entry(facts, Shape.MARKET_DATA, "generate_signal", method, most=1, call="(market_data)")


def frame_model(facts: ClassFacts) -> Recognised:
    """O4: made for a broker, which it does not get."""
    method, constructor = facts.method("generate_signals"), facts.method("__init__")
    if method is None or constructor is None or not _BROKER & set(required_names(constructor)):
        return None
    return _entry(facts, Shape.FRAME_MODEL, "generate_signals", method, most=1, call="(df)")


def signal_class(facts: ClassFacts) -> Recognised:
    """N2: the plural before the singular."""
    for name in SIGNAL_NAMES:
        method = facts.method(name)
        if method is None:
            continue
        if isinstance(method, ast.AsyncFunctionDef):
            return Refusal(facts.node, f"`{facts.name}.{name}` must not be async")
        call = "(data, parameters) or (data)"
        return _entry(facts, Shape.CLASS, name, method, most=2, call=call, gives=frozenset())
    return None


def conditions_class(facts: ClassFacts) -> Recognised:
    """F: its `run` is an endless loop and is never called."""
    if not facts.has("calculate_indicators", "evaluate_conditions"):
        return None
    first, second = facts.method("calculate_indicators"), facts.method("evaluate_conditions")
    assert first is not None and second is not None
    checked = _entry(facts, Shape.CONDITIONS, "calculate_indicators", first, most=1, call="(df)")
    if not isinstance(checked, EntryPoint):
        return checked
    return _entry(facts, Shape.CONDITIONS, "evaluate_conditions", second, most=1, call="(df)")


def on_data_class(facts: ClassFacts) -> Recognised:
    """I1 to I3 and O1."""
    return _one_method(facts, Shape.ON_DATA, "on_data", most=1, call="(df)")


def execute_strategy_class(facts: ClassFacts) -> Recognised:
    """K and O2."""
    call = "(df) or (df, portfolio)"
    return _one_method(facts, Shape.EXECUTE_STRATEGY, "execute_strategy", most=2, call=call)


def execute_class(facts: ClassFacts) -> Recognised:
    """D, J and O3: what comes back tells them apart, and only then."""
    return _one_method(facts, Shape.EXECUTE, "execute", most=1, call="(df)")


CLASS_SHAPES: Final[tuple[Recogniser, ...]] = (
    sdk_class,
    market_data_class,
    frame_model,
    signal_class,
    conditions_class,
    on_data_class,
    execute_strategy_class,
    execute_class,
)


def _is_of_sdk(name: str) -> bool:
    return name.startswith(_SDK) or name == _INJECTED_BASE


def _one_method(facts: ClassFacts, shape: Shape, name: str, *, most: int, call: str) -> Recognised:
    method = facts.method(name)
    return None if method is None else _entry(facts, shape, name, method, most=most, call=call)


def _entry(
    facts: ClassFacts,
    shape: Shape,
    name: str,
    method: Function,
    *,
    least: int = 1,
    most: int,
    call: str,
    gives: frozenset[str] = _PARAMETERS | _IDENTITY | _BROKER,
) -> Recognised:
    """The entry point, if method and constructor can be called with what this shape has to give."""
    if isinstance(method, ast.AsyncFunctionDef) is not (shape is Shape.MARKET_DATA):
        return Refusal(facts.node, f"`{facts.name}.{name}` must not be async")
    arity = arity_of(method, most, bound=0 if "staticmethod" in decorators(method) else 1)
    if arity is None or arity < least:
        return Refusal(facts.node, f"`{facts.name}.{name}({written(method)})` cannot be called with {call}")
    constructor = facts.method("__init__")
    if constructor is None:
        return EntryPoint(shape=shape, file=facts.file, name=facts.name, method=name, arity=arity)
    given = [argument for argument in keyword_names(constructor) if argument in gives]
    missing = [argument for argument in required_names(constructor) if argument not in given]
    if missing:
        listed = ", ".join(missing)
        message = f"`{facts.name}` needs constructor arguments ({listed}); give them default values"
        return Refusal(facts.node, message)
    required = set(required_names(constructor))
    wanted = tuple(argument for argument in given if argument in required | _PARAMETERS)
    return EntryPoint(shape=shape, file=facts.file, name=facts.name, method=name, arity=arity, constructor=wanted)
