"""Shapes that are no live strategies: what the older no-code generators wrote to train, backtest or research (B, E)."""

from typing import Final

from strategy_code.entry_points.definitions import ClassFacts
from strategy_code.entry_points.outcome import WAY_OUT, Recognised, Refusal
from strategy_code.entry_points.signatures import arity_of

_OFFLINE: Final[tuple[tuple[tuple[str, ...], str], ...]] = (
    (("prepare_training_data", "train_model"), "prepares data and trains a model"),
    (("execute_trades", "run_backtest"), "runs a whole backtest on data of its own"),
    (("load_live_data", "start_trading"), "starts threads that trade with a broker"),
    (("load_data", "run_analysis"), "is research on data of its own"),
    (("load_data", "generate_signals"), "works on data that it loads itself"),
)
"""By method set, most telling first: what such a class does instead."""
_FITTING: Final = ("fit", "train", "train_model", "fit_transform", "optimize_hyperparameters")


def offline_class(facts: ClassFacts) -> Recognised:
    """B: a class that brings its own data and its own loop."""
    for methods, does in _OFFLINE:
        if facts.has(*methods) and _takes_no_data(facts):
            listed = ", ".join(f"{name}()" for name in methods)
            return Refusal(facts.node, f"`{facts.name}` with {listed} {does}: it is not a live strategy; {WAY_OUT}")
    return None


def training_script(classes: list[ClassFacts]) -> Recognised:
    """E: a class to `run`, beside classes that fit models."""
    runner = next((facts for facts in classes if facts.has("run")), None)
    if runner is None or not any(facts.has(name) for facts in classes for name in _FITTING):
        return None
    message = f"`{runner.name}.run()` trains a model: a training script is not a live strategy; {WAY_OUT}"
    return Refusal(runner.node, message)


def _takes_no_data(facts: ClassFacts) -> bool:
    """Whether its `generate_signals`, if it has one, finds its data in the object."""
    method = facts.method("generate_signals")
    return method is None or arity_of(method, 1, bound=1) == 0
