"""What users write in a TradingStrategy.

Bounds, defaults, descriptions and CEL rules stand beside the field they speak of; `crd_schema` turns them into
the CRD. Rules that concern several fields are CEL alone: the API server applies them to everybody.
"""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import ConfigDict, Field

from strategy_contracts.resource.schema import (
    SET,
    UUID,
    Digest,
    FileName,
    Fraction,
    Json,
    ObjectName,
    Provider,
    Symbol,
    Written,
    rules,
)
from strategy_contracts.runner_config import GapPolicy, RepeatPolicy
from strategy_contracts.signal import ExecutionMode
from strategy_contracts.timeframe import Timeframe

MAX_SYMBOLS: Final = 50
MAX_INLINE_BYTES: Final = 192 * 1024
"""Client-side apply keeps a copy of the whole resource in an annotation of at most 262,144 bytes."""
MIN_MEMORY: Final = "192Mi"


class NoCodeSource(Written):
    """A strategy drawn in the No-Code console."""

    workflow_id: Annotated[str, Field(max_length=36, pattern=UUID)]
    """The workflow's uuid."""


class AiMlSource(Written):
    """A strategy of the AI/ML service."""

    strategy_id: Annotated[str, Field(max_length=36, pattern=UUID)]
    """The uuid of the strategy or project."""


class ConfigMapSource(Written):
    """A strategy in a ConfigMap of the same namespace: each key is a file."""

    name: ObjectName
    main_file: FileName = "main.py"
    """The file with the entry point."""


class InlineSource(Written):
    """A strategy in the resource itself."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            ("has(self.files) != has(self.workflow)", "spec.source.inline: give exactly one of files or workflow"),
            (
                "!has(self.files) || self.mainFile in self.files",
                "spec.source.inline.mainFile: there is no such name in files",
            ),
        )
    )

    files: Annotated[
        dict[str, Annotated[str, Field(max_length=262_144)]] | None,
        Field(
            min_length=1,
            max_length=64,
            json_schema_extra=rules(
                (
                    f"self.map(name, size(self[name])).sum() <= {MAX_INLINE_BYTES}",
                    "spec.source.inline.files: the files are larger than 192 KiB in all; put them into a ConfigMap",
                )
            ),
        ),
    ] = None
    """File name to content, 192 KiB in all."""
    workflow: Json | None = None
    """A workflow as the No-Code console saves it (`workflow_data`)."""
    main_file: FileName = "main.py"
    """The file with the entry point."""


class Source(Written):
    """Where the strategy's code comes from: exactly one place."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "[has(self.noCode), has(self.aiMl), has(self.configMap), has(self.inline)]"
                ".filter(given, given).size() == 1",
                "spec.source: give exactly one of noCode, aiMl, configMap or inline",
            )
        )
    )

    no_code: NoCodeSource | None = None
    ai_ml: AiMlSource | None = None
    config_map: ConfigMapSource | None = None
    inline: InlineSource | None = None
    pin_digest: Digest | None = None
    """Run this bundle and no other: the current one or the one before it."""


class ScheduleSpec(Written):
    """When the strategy is called: at every bar close, or every so many seconds of the market clock."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "(has(self.onBarClose) && self.onBarClose) != has(self.intervalSeconds)",
                "spec.schedule: give exactly one of onBarClose: true or intervalSeconds",
            ),
            (
                "!has(self.provisionalBars) || !self.provisionalBars || has(self.intervalSeconds)",
                "spec.schedule.provisionalBars: only together with intervalSeconds, a bar close has no open bar",
            ),
        )
    )

    on_bar_close: bool | None = None
    interval_seconds: Annotated[int | None, Field(ge=1, le=86_400)] = None
    provisional_bars: bool | None = None
    """Show the open bar too."""


class MarketDataSpec(Written):
    """Where bars come from and what happens when they do not come."""

    provider: Provider = "binance"
    fallback: Annotated[tuple[Provider, ...], Field(max_length=5, json_schema_extra=SET)] = ()
    """Providers to turn to, in this order, when the first one is silent."""
    on_gap: GapPolicy = GapPolicy.BACKFILL
    max_age_seconds: Annotated[float, Field(ge=1, le=2_592_000)] = 120.0
    """Market data older than this is reported as stale."""
    align_wait_seconds: Annotated[float, Field(ge=0, le=60)] = 2.0
    """How long a bar close waits for the other symbols."""


class SignalsSpec(Written):
    """Which decisions become signals. Fractions are 0..1, also those called percentage (0.02 is 2 %)."""

    cooldown_seconds: Annotated[float, Field(ge=0, le=2_592_000)] = 60.0
    min_confidence: Fraction = 0.0
    max_risk_score: Fraction = 1.0
    repeat: RepeatPolicy | None = None
    """If absent: Always for strategies that place orders (SDK strategies, scripts), OnChange for all others."""
    emit_hold: bool = False
    max_position_size: Fraction = 1.0
    max_daily_loss: Fraction = 1.0
    max_per_minute: Annotated[int, Field(ge=1, le=6000)] = 60
    expiry_seconds: Annotated[float | None, Field(ge=1, le=2_592_000)] = None
    max_lateness_seconds: Annotated[float | None, Field(ge=1, le=2_592_000)] = None
    """A signal older than this is published as expired; twice the timeframe if absent."""
    stop_loss_percentage: Fraction | None = None
    take_profit_percentage: Annotated[float | None, Field(ge=0, le=100)] = None


class LimitsSpec(Written):
    """What the strategy may use."""

    memory: Annotated[
        str,
        Field(
            max_length=24,
            json_schema_extra=rules(
                ("isQuantity(self)", "spec.limits.memory: not a quantity; write for example 512Mi"),
                (
                    f"!isQuantity(self) || !quantity(self).isLessThan(quantity('{MIN_MEMORY}'))",
                    f"spec.limits.memory: at least {MIN_MEMORY}, the Python libraries alone take half of it",
                ),
            ),
        ),
    ] = "512Mi"
    cpu: Annotated[
        str | None,
        Field(
            max_length=24,
            json_schema_extra=rules(
                (
                    "isQuantity(self) && !quantity(self).isLessThan(quantity('10m'))",
                    "spec.limits.cpu: a quantity of at least 10m, for example 500m",
                )
            ),
        ),
    ] = None
    """A CPU limit throttles: leave it out unless a policy asks for it."""
    execution_timeout_seconds: Annotated[float, Field(ge=0.1, le=300)] = 30.0
    """One call that takes longer is killed. A pod that is to stop is given this long and 20 seconds."""
    load_timeout_seconds: Annotated[float, Field(ge=0.1, le=300)] = 10.0


class UpdatePolicy(StrEnum):
    """What new code in the source does to a strategy that runs."""

    ON_CHANGE = "OnChange"
    MANUAL = "Manual"


class Failover(StrEnum):
    """What happens when the node of the runner pod is lost."""

    NEVER = "Never"
    AFTER_FENCING = "AfterFencing"
    FAST = "Fast"


class Owner(Written):
    """The tenant the signals belong to. Set by the API from the token; cannot be changed."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    user_id: Annotated[str | None, Field(min_length=1, max_length=128)] = None
    subject: Annotated[str | None, Field(min_length=1, max_length=128)] = None


class Toleration(Written):
    """A Kubernetes toleration."""

    key: Annotated[str | None, Field(max_length=317)] = None
    operator: Annotated[str | None, Field(json_schema_extra={"enum": ["Exists", "Equal"]})] = None
    value: Annotated[str | None, Field(max_length=63)] = None
    effect: Annotated[
        str | None, Field(json_schema_extra={"enum": ["NoSchedule", "PreferNoSchedule", "NoExecute"]})
    ] = None
    toleration_seconds: Annotated[int | None, Field(ge=0, le=86_400)] = None


class RunnerSpec(Written):
    """How and where the runner pod runs."""

    require_isolation: Annotated[
        tuple[Annotated[str, Field(max_length=32)], ...], Field(max_length=8, json_schema_extra=SET)
    ] = ()
    """Layers of the sandbox without which the strategy must not run, for example landlock."""
    strategy_image: Annotated[str | None, Field(min_length=1, max_length=512)] = None
    """Replaces the image of the strategy container only."""
    runtime_class_name: ObjectName | None = None
    host_users: bool | None = None
    """false gives the pod a user namespace of its own, where nodes have them."""
    node_selector: Annotated[
        dict[str, Annotated[str, Field(max_length=63)]] | None,
        Field(max_length=16, json_schema_extra={"x-kubernetes-map-type": "atomic"}),
    ] = None
    tolerations: Annotated[
        tuple[Toleration, ...] | None, Field(max_length=16, json_schema_extra={"x-kubernetes-list-type": "atomic"})
    ] = None
    priority_class_name: ObjectName | None = None


_DRAWN: Final = "has(self.source.noCode) || (has(self.source.inline) && has(self.source.inline.workflow))"


class StrategySpec(Written):
    """One run of one strategy on some symbols and one timeframe."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                f"has(self.symbols) || {_DRAWN}",
                "spec.symbols: name at least one, for example [BTCUSDT]; only a workflow may leave them out",
            ),
            (
                f"has(self.timeframe) || {_DRAWN}",
                "spec.timeframe: one of 1m 5m 15m 30m 1h 4h 1d 1w 1M; only a workflow may leave it out",
            ),
            (
                "has(self.owner) == has(oldSelf.owner) && (!has(self.owner) || self.owner == oldSelf.owner)",
                "spec.owner: cannot be changed; delete the TradingStrategy and create it for the other owner",
            ),
        )
    )

    source: Source
    symbols: Annotated[
        tuple[Symbol, ...] | None, Field(min_length=1, max_length=MAX_SYMBOLS, json_schema_extra=SET)
    ] = None
    """What to trade, published back in this spelling."""
    timeframe: Timeframe | None = None
    execution_mode: Annotated[
        ExecutionMode,
        Field(
            json_schema_extra=rules(
                (
                    "self != 'backtest'",
                    "spec.executionMode: backtest is not supported in the cluster yet; use paper, or strategyctl",
                )
            )
        ),
    ] = ExecutionMode.PAPER
    """A label for the consumer of the signals; live must be allowed for the namespace."""
    schedule: ScheduleSpec = ScheduleSpec(on_bar_close=True)
    parameters: Json | None = None
    """Handed to the strategy; each takes the place of the source's own of that name."""
    lookback_bars: Annotated[int, Field(ge=10, le=5000)] = 200
    market_data: MarketDataSpec = MarketDataSpec()
    signals: SignalsSpec = SignalsSpec()
    limits: LimitsSpec = LimitsSpec()
    update_policy: UpdatePolicy = UpdatePolicy.ON_CHANGE
    failover: Annotated[
        Failover,
        Field(
            json_schema_extra=rules(
                ("self == 'Never'", "spec.failover: AfterFencing and Fast are not supported yet; use Never")
            )
        ),
    ] = Failover.NEVER
    owner: Owner | None = None
    suspend: bool = False
    """true stops the runner and keeps everything else."""
    runner: RunnerSpec = RunnerSpec()
