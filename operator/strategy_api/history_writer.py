"""Keeps the signal store up with the log, exactly once, for the partitions this replica was given.

The database knows how far it got, not the broker: after any failure, rebalance or conflict the writer asks it
and continues from there. Nothing is remembered here that could be wrong for long.
"""

import asyncio
from collections.abc import Sequence

import structlog

from strategy_api.errors import DependencyUnavailable
from strategy_api.log_reader import GroupReader
from strategy_api.published_signal import LogRecord, PublishedSignal, read_signal
from strategy_api.signal_history import SignalStore
from strategy_contracts.errors import ContractViolation

log = structlog.get_logger(__name__)


class HistoryWriter:
    """Reads its share of the log into the store."""

    def __init__(self, reader: GroupReader, store: SignalStore, *, retry_s: float = 1.0) -> None:
        self._reader, self._store, self._retry_s = reader, store, retry_s
        self._position: dict[int, int] = {}
        self._behind: set[int] = set()
        self._trouble: str | None = None
        self.stored = 0

    async def run(self) -> None:
        """Until cancelled."""
        await self._reader.start()
        prepared = False
        while True:
            try:
                if not prepared:
                    await self._store.prepare()
                    prepared = True
                await self._step()
                self._report(None)
            except DependencyUnavailable as error:
                self._report(str(error))
                self._position.clear()
                await asyncio.sleep(self._retry_s)

    def _report(self, trouble: str | None) -> None:
        """Once when it begins, when it changes, and when it is over."""
        if trouble == self._trouble:
            return
        if trouble is None:
            log.info("history_continues")
        else:
            log.warning("history_unavailable", error=trouble)
        self._trouble = trouble

    async def _step(self) -> None:
        assigned = self._reader.assigned()
        self._position = {p: offset for p, offset in self._position.items() if p in assigned}
        for partition in assigned - self._position.keys():
            self._position[partition] = await self._store.position(partition)
            self._reader.seek(partition, self._position[partition])
        for partition, records in (await self._reader.read()).items():
            if partition in self._position:
                await self._store_records(partition, records)

    async def _store_records(self, partition: int, records: Sequence[LogRecord]) -> None:
        expected = self._position[partition]
        new = [record for record in records if record.offset >= expected]
        if not new and partition not in self._behind:
            # The reader is behind the store: the partition came back to it from another replica. Seek again.
            self._behind.add(partition)
            del self._position[partition]
            return
        if not new:
            log.error("log_restarted", partition=partition, expected=expected, found=records[-1].offset)
            new = list(records)
        self._behind.discard(partition)
        signals = [signal for record in new if (signal := _signal(record)) is not None]
        if await self._store.append(partition, expected, new[-1].next_offset, signals):
            self._position[partition] = new[-1].next_offset
            self.stored += len(signals)
        else:
            log.info("history_position_moved", partition=partition, expected=expected)
            del self._position[partition]


def _signal(record: LogRecord) -> PublishedSignal | None:
    try:
        return read_signal(record)
    except ContractViolation as error:
        log.error("signal_unreadable", partition=record.partition, offset=record.offset, error=str(error))
        return None
