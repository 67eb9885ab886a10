"""A strategy's faults as Events: one per kind and hour, with the author's line, whoever has forgotten what."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from strategy_contracts.status_report import Fault, RunError, RunPhase
from strategy_operator.announcements import fault_announcement

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


def an_error(kind: Fault = Fault.STRATEGY_ERROR, *, at: datetime = NOW, **changes: Any) -> RunError:
    fields: dict[str, Any] = {"message": "KeyError: 'rsi'", "file": "main.py", "line": 12}
    return RunError(reason=kind, time=at, **(fields | changes))


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        pytest.param({}, "main.py:12: KeyError: 'rsi'", id="file and line stand first"),
        pytest.param({"line": None}, "main.py: KeyError: 'rsi'", id="a file without a line"),
        pytest.param({"file": None, "line": None}, "KeyError: 'rsi'", id="neither"),
        pytest.param({"message": "x" * 5000}, "main.py:12: " + "x" * 988, id="as long as an Event may be"),
    ],
)
def test_the_note_names_the_place(changes: dict[str, Any], note: str) -> None:
    announcement = fault_announcement(an_error(**changes), {}, NOW)
    assert announcement is not None
    assert (announcement.kind, announcement.reason, announcement.note) == ("Warning", "StrategyError", note)


@pytest.mark.parametrize(
    ("told", "happened", "announced"),
    [
        pytest.param({}, NOW, True, id="the first of its kind"),
        pytest.param({"StrategyError": NOW - timedelta(minutes=59)}, NOW, False, id="again within the hour"),
        pytest.param({"StrategyError": NOW - timedelta(minutes=60)}, NOW, True, id="again after an hour"),
        pytest.param({"Timeout": NOW - timedelta(minutes=1)}, NOW, True, id="another kind within the hour"),
        pytest.param({}, NOW - timedelta(minutes=61), False, id="an old one that an operator finds when it starts"),
    ],
)
def test_a_kind_is_told_once_an_hour(told: dict[str, datetime], happened: datetime, announced: bool) -> None:
    assert (fault_announcement(an_error(at=happened), told, NOW) is not None) == announced


def faults(world: Any) -> list[str]:
    return [item.reason for item in world.cluster.announced if item.once]


async def report_fault(world: Any, kind: Fault, message: str = "too slow") -> None:
    error = an_error(kind, at=world.time, message=message)
    world.runner_reports(RunPhase.RUNNING, last_error=error)
    await world.settle()


async def test_faults_that_take_turns_make_one_event_each(world: Any) -> None:
    await world.run()
    for number in range(10):
        await report_fault(world, Fault.TIMEOUT, f"too slow {number}")
        await report_fault(world, Fault.CRASHED, f"SIGSEGV {number}")
    assert sorted(faults(world)) == ["Crashed", "Timeout"]


async def test_a_fault_that_lasts_is_told_every_hour(world: Any) -> None:
    await world.run()
    for _ in range(13):
        await report_fault(world, Fault.TIMEOUT)
        world.pass_time(600)
    assert faults(world) == ["Timeout", "Timeout", "Timeout"]


async def test_an_operator_that_has_forgotten_does_not_tell_it_again(world: Any) -> None:
    await world.run()
    await report_fault(world, Fault.TIMEOUT)
    for _ in range(3):
        world.restart_operator()
        await report_fault(world, Fault.TIMEOUT, "slower still")
    assert faults(world) == ["Timeout"]


async def test_a_phase_that_faults_lead_to_is_no_second_event_of_the_kind(world: Any) -> None:
    await world.run()
    error = an_error(Fault.TIMEOUT, at=world.time, message="killed after 30 s")
    for _ in range(3):
        world.runner_reports(RunPhase.DEGRADED, reason="Timeout", message=error.message, last_error=error)
        await world.settle()
        world.runner_reports(RunPhase.RUNNING, last_error=error)
        await world.settle()
    assert [item.reason for item in world.cluster.announced if item.reason != "Running"] == ["Timeout"]


async def test_a_strategy_made_anew_under_the_name_has_events_of_its_own(world: Any) -> None:
    await world.run()
    await report_fault(world, Fault.TIMEOUT)
    world.cluster.delete_strategy(next(iter(world.cluster.strategies)))
    world.restart_operator()
    await world.run()
    await report_fault(world, Fault.TIMEOUT)
    assert faults(world) == ["Timeout"]
