"""What runners last said about themselves, from `strategy_status`.

Runs without a fresh report are read from the resource's status; a report of an older incarnation is ignored.
"""

from datetime import datetime, timedelta
from typing import Final

import msgspec
import structlog

from strategy_api.log_reader import LogTail
from strategy_contracts.status_report import FRESH_SECONDS, RunPhase, StatusReport, decode_report

log = structlog.get_logger(__name__)

_WORKING: Final = frozenset({RunPhase.RUNNING, RunPhase.DEGRADED})


class StatusBoard:
    """The newest report of each execution."""

    def __init__(self) -> None:
        self._reports: dict[str, StatusReport] = {}

    def post(self, report: StatusReport) -> None:
        """Take note of the report, unless a successor has already spoken."""
        known = self._reports.get(report.execution_id)
        if known is None or (report.incarnation, report.reported_at) >= (known.incarnation, known.reported_at):
            # Deleted first, so that the dictionary is ordered by news.
            self._reports.pop(report.execution_id, None)
            self._reports[report.execution_id] = report

    def latest(self, execution_id: str, now: datetime) -> StatusReport | None:
        """The execution's report if it is fresh."""
        report = self._reports.get(execution_id)
        return report if report is not None and not _stale(report, now) else None

    def running(self, now: datetime) -> list[StatusReport]:
        """Fresh reports of runs that work."""
        return [r for r in self._reports.values() if r.phase in _WORKING and not _stale(r, now)]

    def forget_stale(self, now: datetime) -> None:
        """Drop what nobody may read any more, oldest news first."""
        for execution_id, report in list(self._reports.items()):
            if not _stale(report, now):
                break
            del self._reports[execution_id]


def _stale(report: StatusReport, now: datetime) -> bool:
    return now - report.reported_at > timedelta(seconds=FRESH_SECONDS)


async def follow_reports(tail: LogTail, board: StatusBoard) -> None:
    """Keep the board up to date until cancelled."""
    await tail.start()
    while True:
        for record in (await tail.read()).records:
            try:
                report = decode_report(record.value)
            except msgspec.MsgspecError as error:
                log.error("report_unreadable", partition=record.partition, offset=record.offset, error=str(error))
                continue
            board.post(report)
            board.forget_stale(report.reported_at)
