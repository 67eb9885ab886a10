"""Which reports are news, and which come from processes that should not be there."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from builders import a_report
from strategy_contracts.status_report import Counters, Fault, Freshness, RunError, RunPhase
from strategy_operator.run_reports import RunReports

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Reports:
    """RunReports and what it told."""

    def __init__(self) -> None:
        self.now = NOW
        self.told: list[str] = []
        self.reports = RunReports("kafka:9092", lambda: self.now, self.told.append)

    def take(self, seconds: int = 0, **changes: Any) -> None:
        self.reports.take(a_report(reported_at=NOW + timedelta(seconds=seconds), **changes))


@pytest.fixture
def memory() -> Reports:
    return Reports()


def an_error(seconds: int, line: int = 3) -> RunError:
    time = NOW + timedelta(seconds=seconds)
    return RunError(reason=Fault.STRATEGY_ERROR, message="KeyError", time=time, line=line)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="only the time"),
        pytest.param({"counters": Counters(evaluations=5)}, id="counters"),
        pytest.param({"freshness": {"BTCUSDT": Freshness(age_seconds=3.0)}}, id="ages"),
        pytest.param({"last_evaluation": NOW}, id="the last evaluation"),
        pytest.param({"last_error": an_error(15)}, id="the same error again"),
    ],
)
def test_what_changes_all_the_time_is_no_news(memory: Reports, changes: dict[str, Any]) -> None:
    first = {"freshness": {"BTCUSDT": Freshness(age_seconds=1.0)}, "last_error": an_error(0)}
    memory.take(**first)
    memory.take(15, **(first | changes))
    assert len(memory.told) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"phase": RunPhase.DEGRADED},
        {"reason": "Timeout"},
        {"ready": False},
        {"incarnation": 2},
        {"last_error": an_error(15)},
        {"freshness": {"BTCUSDT": Freshness(stale=True)}},
        {"isolation": ("rlimits",)},
        {"conditions": {"StateNotRestorable": "model"}},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_the_status_shows_is_news(memory: Reports, changes: dict[str, Any]) -> None:
    memory.take()
    memory.take(15, **changes)
    assert len(memory.told) == 2


def test_a_lower_incarnation_is_ignored_however_late_it_speaks(memory: Reports) -> None:
    memory.take(incarnation=3)
    memory.take(30, incarnation=2, phase=RunPhase.FAILED)
    newest = memory.reports.newest(a_report().execution_id)
    assert newest is not None
    assert (newest.incarnation, newest.phase) == (3, RunPhase.RUNNING)
    assert len(memory.told) == 1


def test_an_older_report_of_the_same_incarnation_is_ignored(memory: Reports) -> None:
    memory.take(15)
    memory.take(0, phase=RunPhase.LOADING)
    newest = memory.reports.newest(a_report().execution_id)
    assert newest is not None
    assert newest.phase is RunPhase.RUNNING


def test_runs_that_have_been_silent_for_long_are_forgotten(memory: Reports) -> None:
    memory.take(0, execution_id="old")
    memory.take(500, execution_id="young")
    memory.now = NOW + timedelta(seconds=601)
    memory.reports.forget_old()
    assert memory.reports.newest("old") is None
    assert memory.reports.newest("young") is not None
