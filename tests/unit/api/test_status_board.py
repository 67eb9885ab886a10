"""The board: the newest word of the newest incarnation, while it is fresh."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from strategy_api.status_board import StatusBoard
from strategy_contracts.signal import utc
from strategy_contracts.status_report import RunPhase, StatusReport

NOON = utc(1_700_000_000_000)


def said(incarnation: int, seconds: int, execution_id: str = "a", **changes: Any) -> StatusReport:
    values: dict[str, Any] = {"phase": RunPhase.RUNNING, "bundle_digest": "sha256:" + "ab" * 32} | changes
    reported_at = NOON + timedelta(seconds=seconds)
    return StatusReport(execution_id=execution_id, incarnation=incarnation, reported_at=reported_at, **values)


@pytest.mark.parametrize(
    ("reports", "newest"),
    [
        pytest.param([said(1, 0), said(1, 5)], said(1, 5), id="the later word"),
        pytest.param([said(1, 5), said(1, 0)], said(1, 5), id="whatever order they are read in"),
        pytest.param([said(2, 0), said(1, 5)], said(2, 0), id="a zombie is not heard"),
        pytest.param([said(1, 5), said(2, 0)], said(2, 0), id="the successor's clock may be behind"),
    ],
)
def test_who_is_believed(reports: list[StatusReport], newest: StatusReport) -> None:
    board = StatusBoard()
    for report in reports:
        board.post(report)
    assert board.latest("a", NOON + timedelta(seconds=10)) == newest


@pytest.mark.parametrize(("age_s", "fresh"), [(0, True), (60, True), (61, False)])
def test_a_word_counts_for_a_minute(age_s: int, fresh: bool) -> None:
    board = StatusBoard()
    board.post(said(1, 0))
    assert (board.latest("a", NOON + timedelta(seconds=age_s)) is not None) is fresh


def test_stale_words_are_forgotten_and_fresh_ones_kept() -> None:
    board = StatusBoard()
    for number in range(5):
        board.post(said(1, number * 20, execution_id=str(number)))
    now: datetime = NOON + timedelta(seconds=100)
    board.forget_stale(now)
    assert [report.execution_id for report in board.running(now)] == ["2", "3", "4"]


def test_only_runs_that_work_are_running() -> None:
    board = StatusBoard()
    for phase in RunPhase:
        board.post(said(1, 0, execution_id=phase, phase=phase))
    assert {report.phase for report in board.running(NOON)} == {RunPhase.RUNNING, RunPhase.DEGRADED}
