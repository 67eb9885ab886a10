"""The log in memory, for development and tests: same order, same positions, same groups as Kafka's, in one process.

A commit is a list of records in one partition; there are no transactions to look into.
"""

import asyncio
from collections.abc import Mapping, Sequence

from strategy_api.cursor import Vector
from strategy_api.log_reader import Batch, Lookback, TailStart
from strategy_api.published_signal import LogRecord

_IDLE_S = 1.0


class MemoryLog:
    """One topic."""

    def __init__(self, partitions: int = 12) -> None:
        self.partitions: dict[int, list[LogRecord]] = {number: [] for number in range(partitions)}
        self.committed: dict[str, dict[int, int]] = {}
        self.members: dict[str, list[MemoryGroup]] = {}
        self._appended = asyncio.Event()

    def append(self, partition: int, value: bytes, timestamp_ms: int) -> LogRecord:
        """Write one record and wake the readers."""
        records = self.partitions[partition]
        record = LogRecord(partition, len(records), len(records) + 1, timestamp_ms, value)
        records.append(record)
        self._appended.set()
        self._appended = asyncio.Event()
        return record

    def ends(self) -> dict[int, int]:
        """The offset after the last record of each partition."""
        return {partition: len(records) for partition, records in self.partitions.items()}

    async def appended(self) -> None:
        """Wait for the next record, but not for ever."""
        try:
            await asyncio.wait_for(self._appended.wait(), _IDLE_S)
        except TimeoutError:
            return


class MemoryTail:
    """All partitions of a MemoryLog."""

    def __init__(self, log: MemoryLog, lookback: Lookback, now_ms: int) -> None:
        self._log, self._lookback, self._now_ms = log, lookback, now_ms
        self._position: dict[int, int] = {}
        self._ends: dict[int, int] = {}

    async def start(self) -> TailStart:
        since_ms = self._now_ms - int(self._lookback.seconds * 1000)
        self._ends = self._log.ends()
        for partition, records in self._log.partitions.items():
            reached = next((r.offset for r in records if r.timestamp_ms >= since_ms), len(records))
            self._position[partition] = max(0, min(reached, len(records) - self._lookback.min_records))
        return TailStart(dict(self._position), since_ms, caught_up=self._position == self._ends)

    async def read(self) -> Batch:
        if not await self.lag():
            await self._log.appended()
        records = [r for p, offset in self._position.items() for r in self._log.partitions[p][offset:]]
        self._position = self._log.ends()
        return Batch(records, dict(self._position), all(self._position[p] >= n for p, n in self._ends.items()))

    async def lag(self) -> int:
        return sum(end - self._position.get(partition, 0) for partition, end in self._log.ends().items())

    async def close(self) -> None:
        pass


class MemoryGroup:
    """A share of the partitions of a MemoryLog; members of a group divide them evenly."""

    def __init__(self, log: MemoryLog, group: str) -> None:
        self._log, self._group = log, group
        self._position: dict[int, int] = {}

    async def start(self) -> None:
        self._log.members.setdefault(self._group, []).append(self)

    def assigned(self) -> frozenset[int]:
        members = self._log.members[self._group]
        mine = members.index(self)
        return frozenset(p for p in self._log.partitions if p % len(members) == mine)

    def seek(self, partition: int, offset: int) -> None:
        self._position[partition] = offset

    async def read(self) -> Mapping[int, Sequence[LogRecord]]:
        fetched = self._fetch()
        if not fetched:
            await self._log.appended()
            fetched = self._fetch()
        return fetched

    async def commit(self, position: Vector) -> None:
        self._log.committed.setdefault(self._group, {}).update(position)

    async def close(self) -> None:
        members = self._log.members.get(self._group, [])
        if self in members:
            members.remove(self)

    def _fetch(self) -> dict[int, list[LogRecord]]:
        committed = self._log.committed.get(self._group, {})
        self._position = {p: self._position.get(p, committed.get(p, 0)) for p in self.assigned()}
        fetched = {p: self._log.partitions[p][offset:] for p, offset in self._position.items()}
        self._position |= {p: records[-1].next_offset for p, records in fetched.items() if records}
        return {p: records for p, records in fetched.items() if records}
