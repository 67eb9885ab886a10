"""Valid values of every contract, one call each; a test names only what it is about."""

from datetime import datetime
from typing import Any

from strategy_contracts.bar import Bar
from strategy_contracts.bundle import Bundle, EntryPoint, Shape
from strategy_contracts.checkpoint import Checkpoint
from strategy_contracts.runner_config import RunnerConfig
from strategy_contracts.signal import Action, ExecutionMode, ExecutionParams, Signal, StrategySource, signal_id, utc
from strategy_contracts.status_report import RunPhase, StatusReport
from strategy_contracts.timeframe import Timeframe

EXECUTION_ID = "3f1c0d9e-0000-4000-8000-000000000001"
DIGEST = "sha256:" + "ab" * 32
T0 = 1_677_628_800_000
"""2023-03-01 00:00 UTC, in ms."""
MINUTE = 60_000


def a_bar(index: int = 0, close: float = 100.0, **changes: Any) -> Bar:
    """The index-th one-minute bar after T0."""
    values: dict[str, Any] = {
        "open_time": T0 + index * MINUTE,
        "open": close,
        "high": close + 1,
        "low": close - 1,
        "close": close,
        "volume": 1.0,
    }
    return Bar(**(values | changes))


def a_signal(sequence: int = 1, *, at_ms: int = T0 + MINUTE, action: Action = Action.BUY, **changes: Any) -> Signal:
    """A signal whose id belongs to its other fields."""
    execution_id = changes.get("execution_id", EXECUTION_ID)
    symbol = changes.get("symbol", "BTCUSDT")
    moment: datetime = utc(at_ms)
    values: dict[str, Any] = {
        "signal_id": signal_id(
            execution_id=execution_id,
            bundle_digest=DIGEST,
            symbol=symbol,
            timeframe=Timeframe.M1,
            evaluation_time_ms=at_ms,
            action=action,
            ordinal=0,
        ),
        "timestamp": moment,
        "strategy_id": "strategies/rsi-dip",
        "strategy_source": StrategySource.INLINE,
        "symbol": symbol,
        "action": action,
        "confidence": 0.7,
        "execution_params": ExecutionParams(quantity=0.1),
        "execution_id": execution_id,
        "owner": "42",
        "sequence": sequence,
        "execution_mode": ExecutionMode.PAPER,
        "timeframe": Timeframe.M1,
        "evaluation_time": moment,
        "generated_at": moment,
        "bundle_digest": DIGEST,
        "incarnation": 1,
    }
    return Signal(**(values | changes))


def a_bundle(code: str = "def generate_signals(data, parameters):\n    return []\n", **changes: Any) -> Bundle:
    """One file with one function."""
    values: dict[str, Any] = {
        "strategy_id": "strategies/rsi-dip",
        "source": StrategySource.INLINE,
        "files": {"main.py": code},
        "main_file": "main.py",
        "entry_point": EntryPoint(shape=Shape.FUNCTION, file="main.py", name="generate_signals"),
    }
    return Bundle(**(values | changes))


def a_runner_config(**changes: Any) -> RunnerConfig:
    """One symbol, one minute, defaults."""
    values: dict[str, Any] = {
        "execution_id": EXECUTION_ID,
        "incarnation": 1,
        "namespace": "strategies",
        "name": "rsi-dip",
        "strategy_id": "strategies/rsi-dip",
        "strategy_source": StrategySource.INLINE,
        "bundle_digest": DIGEST,
        "symbols": ("BTCUSDT",),
        "timeframe": Timeframe.M1,
    }
    return RunnerConfig(**(values | changes))


def a_checkpoint(**changes: Any) -> Checkpoint:
    """After one evaluation without a signal."""
    values: dict[str, Any] = {
        "execution_id": EXECUTION_ID,
        "incarnation": 1,
        "bundle_digest": DIGEST,
        "evaluation_time_ms": T0 + MINUTE,
    }
    return Checkpoint(**(values | changes))


def a_report(**changes: Any) -> StatusReport:
    """Running and ready."""
    values: dict[str, Any] = {
        "execution_id": EXECUTION_ID,
        "incarnation": 1,
        "phase": RunPhase.RUNNING,
        "reported_at": utc(T0),
        "bundle_digest": DIGEST,
        "ready": True,
    }
    return StatusReport(**(values | changes))
