"""What the operator tells a supervisor: which run this is and how it is to be run.

Travels as JSON in the environment variable RUNNER_CONFIG of the pod. No code and no parameters (they are
in the bundle) and no credentials (they are in the Secret `runner-credentials`).
"""

from enum import StrEnum
from typing import Final

import msgspec

from strategy_contracts.signal import ExecutionMode, StrategySource
from strategy_contracts.timeframe import Timeframe

RUNNER_CONFIG_VARIABLE: Final = "RUNNER_CONFIG"
BUNDLE_MOUNT_PATH: Final = "/run/bundle"
BUNDLE_FILE: Final = "bundle.json"
SOCKET_MOUNT_PATH: Final = "/run/strategy"
CONTROL_SOCKET: Final = "control.sock"
DATA_SOCKET: Final = "data.sock"
SUPERVISOR_UID: Final = 10001
STRATEGY_UID: Final = 10002
SOCKET_GID: Final = 10003
DEFAULT_LOOKBACK_BARS: Final = 200
SUPERVISOR_HTTP_PORT: Final = 8081
"""Serves /livez, /readyz and /metrics."""


class GapPolicy(StrEnum):
    """What to do when a bar is missing before a close."""

    BACKFILL = "Backfill"
    HOLD = "Hold"
    SKIP = "Skip"


class RepeatPolicy(StrEnum):
    """Whether the same action of a symbol is published again."""

    ON_CHANGE = "OnChange"
    ALWAYS = "Always"


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """When to evaluate: at every bar close, or at multiples of `interval_seconds` of the market clock."""

    interval_seconds: int | None = None
    provisional_bars: bool = False

    @property
    def on_bar_close(self) -> bool:
        return self.interval_seconds is None


class MarketDataPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Where bars come from and what to do when they do not come."""

    provider: str = "binance"
    fallback: tuple[str, ...] = ()
    on_gap: GapPolicy = GapPolicy.BACKFILL
    max_age_seconds: float = 120.0
    align_wait_seconds: float = 2.0


class SignalRules(msgspec.Struct, frozen=True, kw_only=True):
    """Which candidates become signals; fractions are 0..1, percentages as the platform counts them (0.02 = 2 %)."""

    cooldown_seconds: float = 60.0
    min_confidence: float = 0.0
    max_risk_score: float = 1.0
    repeat: RepeatPolicy | None = None
    """None means as the strategy's shape has it: see `Shape.places_orders`."""
    emit_hold: bool = False
    max_position_size: float = 1.0
    max_daily_loss: float = 1.0
    max_per_minute: int = 60
    expiry_seconds: float | None = None
    max_lateness_seconds: float | None = None
    """None means twice the timeframe."""
    stop_loss_percentage: float | None = None
    take_profit_percentage: float | None = None


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one evaluation may use; memory is that of the strategy container's cgroup."""

    memory_bytes: int = 512 * 1024 * 1024
    execution_timeout_seconds: float = 30.0
    load_timeout_seconds: float = 10.0


class RunnerConfig(msgspec.Struct, frozen=True, kw_only=True):
    """One incarnation of one execution."""

    execution_id: str
    incarnation: int
    namespace: str
    name: str
    strategy_id: str
    strategy_source: StrategySource
    owner: str = ""
    bundle_digest: str
    symbols: tuple[str, ...]
    timeframe: Timeframe
    execution_mode: ExecutionMode = ExecutionMode.PAPER
    schedule: Schedule = Schedule()
    lookback_bars: int = DEFAULT_LOOKBACK_BARS
    market_data: MarketDataPolicy = MarketDataPolicy()
    signals: SignalRules = SignalRules()
    limits: Limits = Limits()
    require_isolation: tuple[str, ...] = ()
    evaluate_after_ms: int | None = None
    """Closes up to this time are not caught up (set at resume and when symbols, timeframe or schedule change)."""


def encode_runner_config(config: RunnerConfig) -> str:
    """The JSON of the environment variable; equal configs give equal text."""
    return msgspec.json.encode(config, order="deterministic").decode()


def decode_runner_config(text: str) -> RunnerConfig:
    """The config in the environment variable; msgspec.ValidationError names the field that is wrong."""
    return msgspec.json.decode(text, type=RunnerConfig)
