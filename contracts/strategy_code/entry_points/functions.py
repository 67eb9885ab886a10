"""Shapes that are functions of the main file: N1 and N3, the no-code module A, and C, which is refused."""

import ast
from typing import Final

from strategy_code.entry_points.definitions import Definitions
from strategy_code.entry_points.outcome import WAY_OUT, Function, Recognised, Refusal
from strategy_code.entry_points.signatures import arity_of, written
from strategy_contracts.bundle import EntryPoint, Shape

SIGNAL_NAMES: Final = ("generate_signals", "generate_signal")
"""The first that is there is called, as on the platform."""
_FIRST_STEP: Final = "compute_indicators"
_LAST_STEP: Final = "generate_trading_decisions"
_OPTIONAL_STEPS: Final = ("run_advanced_analysis", "evaluate_conditions", "combine_logic", "apply_risk_controls")
_BACKTEST: Final = "execute_strategy"


def signal_function(definitions: Definitions) -> Recognised:
    """N1 and N3."""
    name = next((name for name in SIGNAL_NAMES if definitions.bindings(name)), None)
    if name is None:
        return None
    bindings = definitions.bindings(name)
    if len(bindings) > 1:
        lines = ", ".join(str(getattr(binding.node, "lineno", "?")) for binding in bindings)
        return Refusal(bindings[-1].node, f"`{name}` is defined more than once (lines {lines})")
    node = bindings[0].node
    place = definitions.definition(definitions.main, bindings[0])
    if place is None or not isinstance(place.node, Function):
        return Refusal(node, f"`{name}` must be a function written with `def`")
    if isinstance(place.node, ast.AsyncFunctionDef):
        return Refusal(node, f"`{name}` must not be async: write `def {name}`")
    arity = arity_of(place.node, 2)
    if not arity:
        return Refusal(node, f"`{name}({written(place.node)})` cannot be called with (data, parameters) or (data)")
    shape = Shape.FUNCTION if arity == 2 else Shape.FUNCTION_DATA
    return EntryPoint(shape=shape, file=definitions.main.file, name=name, arity=arity)


def pipeline(definitions: Definitions) -> Recognised:
    """A: the module that the no-code generator writes. `load_data` and `run_strategy` beside it are never called."""
    last = definitions.function(_LAST_STEP)
    if last is None or definitions.function(_FIRST_STEP) is None:
        return None
    for name in (_FIRST_STEP, *_OPTIONAL_STEPS, _LAST_STEP):
        function = definitions.function(name)
        if function is None and definitions.bindings(name):
            return Refusal(definitions.bindings(name)[-1].node, f"`{name}` must be one function, written with `def`")
        if function is not None and (isinstance(function, ast.AsyncFunctionDef) or arity_of(function, 1) != 1):
            message = f"`{name}({written(function)})` must be a function of one frame: `def {name}(df)`"
            return Refusal(definitions.bindings(name)[-1].node, message)
    return EntryPoint(shape=Shape.PIPELINE, file=definitions.main.file, name=_LAST_STEP, arity=1)


def backtest_function(definitions: Definitions) -> Recognised:
    """C: one call that loads its own data and trades through a whole period."""
    function = definitions.function(_BACKTEST)
    if function is None:
        return None
    return Refusal(
        definitions.bindings(_BACKTEST)[-1].node,
        f"`{_BACKTEST}({written(function)})` is a whole backtest that loads its own data, not a live strategy; "
        f"{WAY_OUT}",
    )
