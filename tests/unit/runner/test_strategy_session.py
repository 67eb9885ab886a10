"""What a worker is given: full windows when it is fresh, the last good state, and no more than one second chance."""

from typing import Any

import pytest

from builders import MINUTE, T0, a_bar, a_bundle, a_runner_config
from in_process_sandbox import InProcessSandbox, WindowsSeen
from strategy_contracts.checkpoint import MAX_STRATEGY_STATE_BYTES
from strategy_contracts.status_report import Fault
from strategy_contracts.timeframe import Timeframe
from strategy_contracts.worker_protocol import Candidate
from strategy_runner.errors import StrategyFailed, WorkerLost
from strategy_runner.journal import Journal
from strategy_runner.strategy_session import StrategySession
from strategy_runner.windows import Windows


def windows_of(count: int) -> Windows:
    windows = Windows(("BTCUSDT",), Timeframe.M1, 3, 100)
    for index in range(count):
        windows.add("BTCUSDT", a_bar(index))
    return windows


def at(count: int) -> int:
    """When so many bars have closed."""
    return T0 + count * MINUTE


def counting(_: WindowsSeen, state: dict[str, Any]) -> list[Candidate]:
    state["calls"] = state.get("calls", 0) + 1
    return []


def a_session(sandbox: InProcessSandbox, **config: Any) -> StrategySession:
    config_ = a_runner_config(lookback_bars=3, **config)
    return StrategySession(sandbox, a_bundle(), config_, Journal(config_))


def sent(sandbox: InProcessSandbox) -> list[int]:
    """How many bars each request carried."""
    return [sum(len(bars) for bars in request.bars.values()) for request in sandbox.requests]


async def test_only_new_bars_cross_after_the_first_request() -> None:
    sandbox = InProcessSandbox()
    session, windows = a_session(sandbox), windows_of(5)
    await session.load()
    await session.evaluate(at(4), windows)
    await session.evaluate(at(5), windows)
    assert sent(sandbox) == [3, 1]


async def test_a_kill_from_outside_is_made_good_on_a_fresh_worker() -> None:
    sandbox = InProcessSandbox(counting, stateful=True)
    session, windows = a_session(sandbox), windows_of(6)
    await session.reset({"calls": 40})
    await session.load()
    await session.evaluate(at(4), windows)
    sandbox.faults.append(WorkerLost("killed"))
    answer = await session.evaluate(at(5), windows)
    assert answer.state == {"calls": 42}
    assert [load.state for load in sandbox.loads] == [{"calls": 40}, {"calls": 41}]
    assert sent(sandbox) == [3, 1, 3]


async def test_a_second_kill_in_a_row_is_held_against_the_strategy() -> None:
    sandbox = InProcessSandbox()
    session = a_session(sandbox)
    await session.load()
    sandbox.faults.extend([WorkerLost("killed"), WorkerLost("killed")])
    with pytest.raises(StrategyFailed) as caught:
        await session.evaluate(at(3), windows_of(3))
    assert caught.value.fault is Fault.MEMORY_EXCEEDED


async def test_a_kill_while_loading_is_made_good_too() -> None:
    sandbox = InProcessSandbox()
    sandbox.load_faults.append(WorkerLost("killed"))
    session = a_session(sandbox)
    await session.load()
    assert session.loaded


async def test_a_fault_is_not_repeated() -> None:
    sandbox = InProcessSandbox()
    session = a_session(sandbox)
    await session.load()
    sandbox.faults.append(StrategyFailed(Fault.STRATEGY_ERROR, "no"))
    with pytest.raises(StrategyFailed):
        await session.evaluate(at(3), windows_of(3))
    assert len(sandbox.requests) == 1


async def test_what_a_failed_call_did_to_the_state_does_not_live_on() -> None:
    sandbox = InProcessSandbox(counting, stateful=True)
    session, windows = a_session(sandbox), windows_of(5)
    await session.load()
    await session.evaluate(at(3), windows)
    sandbox.faults.append(StrategyFailed(Fault.STRATEGY_ERROR, "no"))
    with pytest.raises(StrategyFailed):
        await session.evaluate(at(4), windows)
    assert not session.loaded
    assert session.state == {"calls": 1}
    await session.load()
    assert (await session.evaluate(at(5), windows)).state == {"calls": 2}


async def test_a_function_of_windows_keeps_its_worker_after_an_exception() -> None:
    sandbox = InProcessSandbox()
    session = a_session(sandbox)
    await session.load()
    sandbox.faults.append(StrategyFailed(Fault.STRATEGY_ERROR, "no"))
    with pytest.raises(StrategyFailed):
        await session.evaluate(at(3), windows_of(3))
    assert session.loaded


async def test_a_state_that_is_too_large_is_a_violation() -> None:
    def hoarding(_: WindowsSeen, state: dict[str, Any]) -> list[Candidate]:
        state["hoard"] = "x" * MAX_STRATEGY_STATE_BYTES
        return []

    session = a_session(InProcessSandbox(hoarding, stateful=True))
    await session.load()
    with pytest.raises(StrategyFailed, match="the strategy's state takes 655") as caught:
        await session.evaluate(at(3), windows_of(3))
    assert caught.value.fault is Fault.CONTRACT_VIOLATION
    assert session.state is None


async def test_required_isolation_that_is_missing_keeps_the_strategy_out() -> None:
    sandbox = InProcessSandbox()
    session = a_session(sandbox, require_isolation=("landlock", "rlimits"))
    with pytest.raises(StrategyFailed, match="landlock") as caught:
        await session.load()
    assert caught.value.fault is Fault.ISOLATION_MISSING
    assert not session.loaded
