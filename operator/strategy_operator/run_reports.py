"""What runners say of themselves: the newest report of each execution on `strategy_status`. Alone in using Kafka.

Reading starts a minute back, so that after a restart the newest report of every run is known within seconds. A report
of a lower incarnation than one already seen comes from a process that should not be there, and is ignored.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec
import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from strategy_contracts.status_report import FRESH_SECONDS, StatusReport, decode_report
from strategy_contracts.topics import STRATEGY_STATUS

log = structlog.get_logger(__name__)

_POLL_MS: Final = 500
_RETRY_SECONDS: Final = 2.0
_FORGET: Final = timedelta(minutes=10)
_FORGET_EVERY_SECONDS: Final = 60.0


class RunReports:
    """Follows the topic while `run` runs; answers from memory."""

    def __init__(self, bootstrap_servers: str, now: Callable[[], datetime], changed: Callable[[str], None]) -> None:
        """`changed` is called with an execution id when its report says something new."""
        self._bootstrap_servers, self._now, self._changed = bootstrap_servers, now, changed
        self._newest: dict[str, StatusReport] = {}
        self.caught_up = asyncio.Event()
        """Set once everything that stood on the log at the start has been read."""

    def newest(self, execution_id: str) -> StatusReport | None:
        """The newest report of the highest incarnation, however old."""
        return self._newest.get(execution_id)

    async def run(self) -> None:
        """Follow the topic until cancelled; Kafka away means waiting for it."""
        while True:
            try:
                await self._follow()
            except (KafkaError, OSError) as error:
                log.warning("reports_unavailable", reason=str(error) or type(error).__name__)
            await asyncio.sleep(_RETRY_SECONDS)

    def take(self, report: StatusReport) -> None:
        """Remember a report, and tell if it is news."""
        before = self._newest.get(report.execution_id)
        if before is not None and _order(report) < _order(before):
            return
        self._newest[report.execution_id] = report
        if before is None or _news(report) != _news(before):
            self._changed(report.execution_id)

    def forget_old(self) -> None:
        """Drop the reports of runs that have been silent for long."""
        oldest = self._now() - _FORGET
        self._newest = {key: report for key, report in self._newest.items() if report.reported_at >= oldest}

    async def _follow(self) -> None:
        # No group: all partitions are this process's own, and nothing is committed.
        consumer = AIOKafkaConsumer(STRATEGY_STATUS, bootstrap_servers=self._bootstrap_servers, group_id=None)
        try:
            await consumer.start()
            ends = await self._seek(consumer)
            log.info("reports_followed", partitions=len(ends))
            await self._read(consumer, ends)
        finally:
            await consumer.stop()

    async def _seek(self, consumer: AIOKafkaConsumer) -> dict[TopicPartition, int]:
        partitions = sorted(consumer.assignment())
        since = int((self._now() - timedelta(seconds=FRESH_SECONDS)).timestamp() * 1000)
        offsets = await consumer.offsets_for_times(dict.fromkeys(partitions, since))
        ends = await consumer.end_offsets(partitions)
        for partition in partitions:
            found = offsets[partition]
            consumer.seek(partition, ends[partition] if found is None else found.offset)
        return dict(ends)

    async def _read(self, consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> None:
        loop = asyncio.get_running_loop()
        forgotten_at = loop.time()
        while True:
            batches = await consumer.getmany(timeout_ms=_POLL_MS)
            for records in batches.values():
                for report in _decoded(records):
                    self.take(report)
            if not self.caught_up.is_set() and await _has_reached(consumer, ends):
                self.caught_up.set()
            if loop.time() - forgotten_at >= _FORGET_EVERY_SECONDS:
                self.forget_old()
                forgotten_at = loop.time()


def _decoded(records: Iterable[ConsumerRecord]) -> Iterable[StatusReport]:
    for record in records:
        try:
            yield decode_report(record.value)
        except msgspec.MsgspecError as error:
            log.warning("report_dropped", partition=record.partition, offset=record.offset, reason=str(error))


async def _has_reached(consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> bool:
    positions = [(await consumer.position(partition), end) for partition, end in ends.items()]
    return all(position >= end for position, end in positions)


def _order(report: StatusReport) -> tuple[int, datetime]:
    return report.incarnation, report.reported_at


def _news(report: StatusReport) -> tuple[object, ...]:
    """What of a report reaches the status of the resource."""
    stale = tuple(sorted(symbol for symbol, freshness in report.freshness.items() if freshness.stale))
    error = report.last_error
    return (
        report.incarnation,
        report.phase,
        report.bundle_digest,
        report.ready,
        report.reason,
        report.message,
        None if error is None else (error.reason, error.message, error.file, error.line),
        bool(report.freshness),
        stale,
        report.isolation,
        tuple(sorted(report.conditions.items())),
    )
