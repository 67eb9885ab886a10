"""The custom resource TradingStrategy: one run of one strategy on some symbols and one timeframe.

The source of `crds/`. The only package of the contracts that loads pydantic, together with `crd_schema`.
"""

from typing import Any, Final

from pydantic import Field

from strategy_contracts.resource.schema import Written
from strategy_contracts.resource.spec import (
    MAX_INLINE_BYTES,
    MAX_SYMBOLS,
    MIN_MEMORY,
    AiMlSource,
    ConfigMapSource,
    Failover,
    InlineSource,
    LimitsSpec,
    MarketDataSpec,
    NoCodeSource,
    Owner,
    RunnerSpec,
    ScheduleSpec,
    SignalsSpec,
    Source,
    StrategySpec,
    Toleration,
    UpdatePolicy,
)
from strategy_contracts.resource.status import (
    BundleStatus,
    Condition,
    ConditionStatus,
    ConditionType,
    LastError,
    Phase,
    RunnerStatus,
    StrategyStatus,
)

GROUP: Final = "trading.alphintra.io"
VERSION: Final = "v1alpha1"
API_VERSION: Final = f"{GROUP}/{VERSION}"
KIND: Final = "TradingStrategy"
PLURAL: Final = "tradingstrategies"
SINGULAR: Final = "tradingstrategy"
SHORT_NAME: Final = "ts"


class TradingStrategy(Written):
    """One run of one strategy on some symbols and one timeframe."""

    api_version: str = API_VERSION
    kind: str = KIND
    metadata: dict[str, Any]
    spec: StrategySpec
    status: StrategyStatus = Field(default_factory=StrategyStatus)

    @property
    def execution_id(self) -> str:
        """The id of this run; a resource deleted and created again is another run."""
        return str(self.metadata["uid"])

    def manifest(self) -> dict[str, Any]:
        """The resource as it is written to the API server: camelCase, absent instead of null, no status."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"status"})


__all__ = [
    "API_VERSION",
    "GROUP",
    "KIND",
    "MAX_INLINE_BYTES",
    "MAX_SYMBOLS",
    "MIN_MEMORY",
    "PLURAL",
    "SHORT_NAME",
    "SINGULAR",
    "VERSION",
    "AiMlSource",
    "BundleStatus",
    "Condition",
    "ConditionStatus",
    "ConditionType",
    "ConfigMapSource",
    "Failover",
    "InlineSource",
    "LastError",
    "LimitsSpec",
    "MarketDataSpec",
    "NoCodeSource",
    "Owner",
    "Phase",
    "RunnerSpec",
    "RunnerStatus",
    "ScheduleSpec",
    "SignalsSpec",
    "Source",
    "StrategySpec",
    "StrategyStatus",
    "Toleration",
    "TradingStrategy",
    "UpdatePolicy",
]
