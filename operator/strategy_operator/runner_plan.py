"""From the resource to what a runner is told, and the hashes that say whether it must be told anew. Pure.

The input hash covers what a running pod cannot take over without being replaced. It leaves defaults out, so that a
field that a later version adds, with a default, does not replace every pod at an upgrade of operator or CRD.
"""

import hashlib
import math
from datetime import datetime
from typing import Any, Final

import msgspec

from strategy_contracts.resource import Owner, Source, StrategySpec, TradingStrategy
from strategy_contracts.runner_config import Limits, MarketDataPolicy, RunnerConfig, Schedule, SignalRules
from strategy_contracts.signal import StrategySource, milliseconds
from strategy_operator.quantity import bytes_of

_ANOTHER_PODS_MATTER: Final = {"source", "parameters", "update_policy", "failover", "suspend"}
"""Fields that reach the pod through the bundle, or not at all."""
_TIMING: Final = {"symbols", "timeframe", "schedule"}
_STOP_MARGIN_SECONDS: Final = 20
"""Two more than the supervisor takes for itself, so that it always ends by its own word."""


def runner_config_of(
    resource: TradingStrategy, *, digest: str, incarnation: int, evaluate_after: datetime | None
) -> RunnerConfig:
    """One incarnation of the resource's run; symbols and timeframe must be known by now."""
    spec = resource.spec
    assert spec.symbols is not None
    assert spec.timeframe is not None
    source, strategy_id = identity_of(resource)
    market, signals, limits = spec.market_data, spec.signals, spec.limits
    return RunnerConfig(
        execution_id=resource.execution_id,
        incarnation=incarnation,
        namespace=resource.metadata["namespace"],
        name=resource.metadata["name"],
        strategy_id=strategy_id,
        strategy_source=source,
        owner=owner_id(spec.owner),
        bundle_digest=digest,
        symbols=spec.symbols,
        timeframe=spec.timeframe,
        execution_mode=spec.execution_mode,
        schedule=Schedule(
            interval_seconds=spec.schedule.interval_seconds,
            provisional_bars=bool(spec.schedule.provisional_bars),
        ),
        lookback_bars=spec.lookback_bars,
        market_data=MarketDataPolicy(**dict(market)),
        signals=SignalRules(**dict(signals)),
        limits=Limits(
            memory_bytes=bytes_of(limits.memory),
            execution_timeout_seconds=limits.execution_timeout_seconds,
            load_timeout_seconds=limits.load_timeout_seconds,
        ),
        require_isolation=spec.runner.require_isolation,
        evaluate_after_ms=None if evaluate_after is None else milliseconds(evaluate_after),
    )


def identity_of(resource: TradingStrategy) -> tuple[StrategySource, str]:
    """Where the strategy comes from, and its id there as consumers of signals know it."""
    source: Source = resource.spec.source
    if source.no_code is not None:
        return StrategySource.NO_CODE, source.no_code.workflow_id.lower()
    if source.ai_ml is not None:
        return StrategySource.AI_ML, source.ai_ml.strategy_id.lower()
    kind = StrategySource.CONFIG_MAP if source.config_map is not None else StrategySource.INLINE
    return kind, f"{resource.metadata['namespace']}/{resource.metadata['name']}"


def owner_id(owner: Owner | None) -> str:
    """The owner as signals carry it."""
    return "" if owner is None else owner.user_id or owner.subject or ""


def input_hash(spec: StrategySpec, digest: str) -> str:
    """Differs when the pod has to be replaced."""
    return _hash({"digest": digest, "spec": _written(spec, exclude=_ANOTHER_PODS_MATTER)})


def timing_hash(spec: StrategySpec) -> str:
    """Differs when closes that passed were closes of something else and must not be caught up."""
    return _hash(_written(spec, include=_TIMING))


def grace_seconds(spec: StrategySpec) -> int:
    """How long a runner may take to stop: finish or abandon its evaluation, commit, close."""
    return math.ceil(spec.limits.execution_timeout_seconds) + _STOP_MARGIN_SECONDS


def _written(spec: StrategySpec, **fields: set[str]) -> dict[str, Any]:
    return spec.model_dump(mode="json", by_alias=True, exclude_defaults=True, **fields)  # type: ignore[arg-type]


def _hash(value: object) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()[:16]
