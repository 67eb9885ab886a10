"""What the operator answers in a TradingStrategy's status. Counters never go here: an idle run causes no write."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from strategy_contracts.resource.schema import Digest, Reported, Symbol
from strategy_contracts.timeframe import Timeframe

Sentence = Annotated[str, Field(max_length=2048)]
Reason = Annotated[str, Field(max_length=128, pattern=r"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$")]


class Phase(StrEnum):
    """The one word for people; conditions tell programs why."""

    PENDING = "Pending"
    LOADING = "Loading"
    RUNNING = "Running"
    DEGRADED = "Degraded"
    SUSPENDED = "Suspended"
    FAILED = "Failed"
    COMPLETED = "Completed"


class ConditionType(StrEnum):
    """The conditions every strategy has; runners may add more (for example StateNotRestorable)."""

    SOURCE_RESOLVED = "SourceResolved"
    CODE_ADMITTED = "CodeAdmitted"
    RUNNER_READY = "RunnerReady"
    MARKET_DATA_FRESH = "MarketDataFresh"
    READY = "Ready"
    UPDATE_AVAILABLE = "UpdateAvailable"


class ConditionStatus(StrEnum):
    """Whether a condition holds."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


class Condition(Reported):
    """As in every Kubernetes API."""

    type: Annotated[str, Field(min_length=1, max_length=64)]
    status: ConditionStatus
    reason: Reason
    message: Sentence = ""
    last_transition_time: datetime
    observed_generation: int | None = None


class BundleStatus(Reported):
    """The code that runs."""

    digest: Digest
    previous_digest: Digest | None = None
    """The bundle before it, kept to return to."""
    rejected_digest: Digest | None = None
    """A bundle that could not be loaded; it is not tried again."""
    entry_point: Annotated[str, Field(max_length=256)] | None = None
    loaded_at: datetime | None = None


class RunnerStatus(Reported):
    """The pod that runs it."""

    pod_name: Annotated[str, Field(max_length=253)]
    node_name: Annotated[str, Field(max_length=253)] | None = None
    started_at: datetime | None = None
    isolation: Annotated[tuple[Annotated[str, Field(max_length=32)], ...], Field(max_length=8)] = ()
    """Layers of the sandbox that are on."""


class LastError(Reported):
    """The last thing that went wrong, for the author of the strategy."""

    reason: Reason
    message: Sentence
    file: Annotated[str, Field(max_length=256)] | None = None
    line: int | None = None
    time: datetime


class StrategyStatus(Reported):
    """What the operator last saw."""

    phase: Phase | None = None
    conditions: Annotated[
        tuple[Condition, ...],
        Field(
            max_length=16, json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]}
        ),
    ] = ()
    observed_generation: int | None = None
    incarnation: Annotated[int, Field(ge=0)] | None = None
    """Counts the runner pods of this execution."""
    symbols: Annotated[tuple[Symbol, ...], Field(max_length=50)] | None = None
    timeframe: Timeframe | None = None
    bundle: BundleStatus | None = None
    runner: RunnerStatus | None = None
    evaluate_after: datetime | None = None
    """Bar closes up to this time are not caught up: the strategy was suspended, or ran on something else."""
    last_error: LastError | None = None

    def condition(self, name: str) -> Condition | None:
        """The condition of that type, if the operator has written it."""
        return next((condition for condition in self.conditions if condition.type == name), None)
