"""A run compares earlier bars once, when its first decision is made, and whatever comes of it the run goes on."""

from typing import Any

import msgspec
import pytest
import structlog
from structlog.testing import capture_logs

from builders import T0, a_bundle, a_runner_config
from run_harness import Harness, caught_up, closed
from strategy_contracts.bundle import EntryPoint, Shape
from strategy_contracts.errors import ContractViolation
from strategy_contracts.runner_config import RepeatPolicy, SignalRules
from strategy_contracts.status_report import Fault
from strategy_contracts.worker_protocol import LAST_TIME_MS, LookAhead, decode_body
from strategy_runner.errors import StrategyFailed, WorkerLost
from strategy_runner.journal import Journal
from strategy_runner.schedule import Pacing

ALWAYS = SignalRules(cooldown_seconds=0, repeat=RepeatPolicy.ALWAYS)
PEEKING = a_bundle(
    "class Peek:\n    def execute(self, df):\n        df['signal'] = df['close'].shift(-1)\n        return df\n",
    entry_point=EntryPoint(shape=Shape.EXECUTE, file="main.py", name="Peek", method="execute", arity=1),
)
FOUND = LookAhead(
    compared=32,
    differing=5,
    symbol="BTCUSDT",
    open_time_ms=T0,
    known="nothing",
    whole="BUY\x1b[2J",
    state_changed=False,
)


def asked(harness: Harness) -> list[str]:
    return ["compare" if request.compare_seconds else "decide" for request in harness.sandbox.requests]


async def run_of_five(harness: Harness) -> Harness:
    """The second bar of five ends history; the third makes the first window that is full."""
    harness.start()
    harness.feed.put(closed(0), closed(1), caught_up(1))
    await harness.until_evaluated(1)
    for index in (2, 3, 4):
        harness.feed.put(closed(index))
        await harness.until_evaluated(index)
    await harness.end()
    return harness


async def test_the_comparison_is_made_once_after_the_decision_about_the_first_full_window() -> None:
    harness = await run_of_five(Harness(bundle=PEEKING, signals=ALWAYS))
    assert asked(harness)[:2] == ["decide", "decide"]
    assert sorted(asked(harness)) == ["compare", *["decide"] * 4]
    assert harness.journal.report().conditions == {}
    assert len(harness.sandbox.loads) == 1


async def test_what_is_found_is_a_condition_with_bar_values_and_line() -> None:
    harness = Harness(bundle=PEEKING, signals=ALWAYS)
    harness.sandbox.look_ahead = FOUND
    await run_of_five(harness)
    assert harness.writer.reports[-1].conditions == {
        "LookAheadSuspected": "bar 2023-03-01T00:00:00Z of BTCUSDT: nothing with the bars up to it, BUY?[2J when later "
        "bars are known; 5 of 32 bars differ (see main.py:3)"
    }
    assert [signal.metadata["bar"] for signal in harness.signals] == [1, 2, 3, 4]
    assert harness.journal.report().counters.faults == 0


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(StrategyFailed(Fault.TIMEOUT, "no answer within 2 s"), id="it does not answer"),
        pytest.param(WorkerLost("the strategy container ended"), id="its worker ends"),
    ],
)
async def test_a_comparison_that_fails_is_no_fault_of_the_run(fault: Exception) -> None:
    harness = Harness(bundle=PEEKING, signals=ALWAYS, stateful=True)
    harness.sandbox.faults.extend([None, None, fault])
    await run_of_five(harness)
    assert harness.journal.report().counters.faults == 0
    assert [signal.metadata["calls"] for signal in harness.signals] == [1, 2, 3, 4]
    assert len(harness.sandbox.loads) == 2


async def test_a_strategy_that_has_changed_meanwhile_goes_on_in_a_fresh_worker_with_its_state() -> None:
    harness = Harness(bundle=PEEKING, signals=ALWAYS, stateful=True)
    harness.sandbox.look_ahead = LookAhead(not_compared="it remembers", state_changed=True)
    await run_of_five(harness)
    assert [load.state for load in harness.sandbox.loads] == [None, {"calls": 2}]
    assert [signal.metadata["calls"] for signal in harness.signals] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"bundle": a_bundle()}, id="a function never sees a later bar"),
        pytest.param({"bundle": PEEKING, "pacing": Pacing.FILE}, id="a replay of a file trades nothing"),
    ],
)
async def test_runs_without_a_comparison(options: dict[str, Any]) -> None:
    harness = await run_of_five(Harness(signals=ALWAYS, **options))
    assert set(asked(harness)) == {"decide"}


def test_what_was_compared_and_what_was_found_is_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("strategy_runner.journal.log", structlog.get_logger())
    journal = Journal(a_runner_config())
    with capture_logs() as logs:
        journal.compared(LookAhead(compared=7), PEEKING)
        journal.compared(LookAhead(not_compared="it remembers\x00"), PEEKING)
        journal.compared(FOUND, PEEKING)
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [
        *[("look_ahead_checked", "info")] * 2,
        ("look_ahead_suspected", "warning"),
    ]
    assert [entry["compared"] for entry in logs[:2]] == [7, 0]
    assert logs[1]["not_compared"] == "it remembers?"
    assert (logs[2]["file"], logs[2]["line"]) == ("main.py", 3)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"differing": 1, "open_time_ms": LAST_TIME_MS + 1}, id="a time that cannot be shown"),
        pytest.param({"differing": -1}, id="fewer than none"),
        pytest.param({"differing": 1, "known": "x" * 101}, id="a text without end"),
    ],
)
def test_results_that_a_worker_made_up_are_refused(fields: dict[str, Any]) -> None:
    decoder = msgspec.msgpack.Decoder(LookAhead)
    decode_body(msgspec.msgpack.encode(LookAhead(differing=1, open_time_ms=LAST_TIME_MS, known="x" * 100)), decoder)
    with pytest.raises(ContractViolation):
        decode_body(msgspec.msgpack.encode(fields), decoder)
