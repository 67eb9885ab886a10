"""How the API reads the log, whoever keeps it: Kafka (`signal_feed`) or memory (`memory_log`).

A tail reads all partitions for this replica alone; a group reader shares the partitions with other replicas.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from strategy_api.cursor import Vector
from strategy_api.published_signal import LogRecord


@dataclass(frozen=True, slots=True)
class TailStart:
    """Where a tail begins."""

    floor: Vector
    since_ms: int
    """Everything published at or after this time will be read."""
    caught_up: bool
    """Whether there is nothing to read yet."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one read brought, in log order within each partition; empty when nothing came for a while."""

    records: Sequence[LogRecord]
    position: Vector
    """The offsets that will be read next."""
    caught_up: bool
    """Whether everything that stood on the log at the start has been read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookback:
    """How far back a tail begins: by time, in so far as no more than `max_records` come of it."""

    seconds: float
    max_records: int
    min_records: int = 0
    """So many offsets of each partition in any case, so that cursors into quiet partitions stay valid."""


class LogTail(Protocol):
    """One reader of everything."""

    async def start(self) -> TailStart: ...

    async def read(self) -> Batch: ...

    async def lag(self) -> int:
        """How many offsets are still to be read; DependencyUnavailable when the log does not answer."""
        ...

    async def close(self) -> None: ...


class GroupReader(Protocol):
    """One of the readers of a group; who reads which partition may change at any read."""

    async def start(self) -> None: ...

    def assigned(self) -> frozenset[int]: ...

    def seek(self, partition: int, offset: int) -> None: ...

    async def read(self) -> Mapping[int, Sequence[LogRecord]]: ...

    async def commit(self, position: Vector) -> None:
        """Remember for the group where to continue."""
        ...

    async def close(self) -> None: ...
