"""One phase from many facts: what stands most in the way is named."""

from collections.abc import Callable

import pytest

from builders import T0
from strategy_contracts.signal import utc
from strategy_contracts.status_report import Fault, RunError, RunPhase
from strategy_runner.run_state import Log, Market, RunState


def running() -> RunState:
    state = RunState()
    state.log_is(Log.OPEN)
    state.loaded(("rlimits",))
    state.market_is(Market.LIVE)
    return state


def failing(count: int, fault: Fault) -> Callable[[RunState], None]:
    def fail(state: RunState) -> None:
        for _ in range(count):
            state.failed(RunError(reason=fault, message="no", time=utc(T0)))

    return fail


def both(*changes: Callable[[RunState], None]) -> Callable[[RunState], None]:
    def change(state: RunState) -> None:
        for apply in changes:
            apply(state)

    return change


@pytest.mark.parametrize(
    ("change", "phase", "reason"),
    [
        pytest.param(lambda state: None, RunPhase.RUNNING, None, id="all is well"),
        pytest.param(
            lambda state: state.log_is(Log.UNAVAILABLE, "away"), RunPhase.DEGRADED, "LogUnavailable", id="Kafka away"
        ),
        pytest.param(
            lambda state: state.market_is(Market.UNAVAILABLE, "away"),
            RunPhase.DEGRADED,
            "MarketDataUnavailable",
            id="gateway away",
        ),
        pytest.param(
            lambda state: state.market_is(Market.REFUSED, "BTCUSD: did you mean BTCUSDT?"),
            RunPhase.FAILED,
            "MarketDataRefused",
            id="no such symbol",
        ),
        pytest.param(
            lambda state: state.market_is(Market.HISTORY),
            RunPhase.LOADING,
            "LoadingHistory",
            id="reading history again",
        ),
        pytest.param(
            lambda state: state.not_loaded(90.0),
            RunPhase.DEGRADED,
            "StrategyContainerDown",
            id="the strategy container does not come back",
        ),
        pytest.param(lambda state: state.not_loaded(99.9), RunPhase.RUNNING, None, id="a worker is being replaced"),
        pytest.param(failing(3, Fault.TIMEOUT), RunPhase.RUNNING, None, id="three faults"),
        pytest.param(failing(4, Fault.TIMEOUT), RunPhase.DEGRADED, "Timeout", id="four faults"),
        pytest.param(failing(10, Fault.TIMEOUT), RunPhase.FAILED, "Timeout", id="ten faults"),
        pytest.param(
            both(failing(10, Fault.TIMEOUT), lambda state: state.log_is(Log.UNAVAILABLE)),
            RunPhase.DEGRADED,
            "LogUnavailable",
            id="without a log nothing else matters",
        ),
        pytest.param(lambda state: state.stop(), RunPhase.STOPPED, None, id="stopped"),
    ],
)
def test_the_condition(change: Callable[[RunState], None], phase: RunPhase, reason: str | None) -> None:
    state = running()
    change(state)
    condition = state.condition(now=100.0)
    assert (condition.phase, condition.reason) == (phase, reason)
    assert condition.ready == (phase is RunPhase.RUNNING)


def test_a_start_goes_from_log_to_strategy_to_history_to_running() -> None:
    state = RunState()
    seen = [state.condition(0.0).reason]
    state.log_is(Log.OPEN)
    seen.append(state.condition(0.0).reason)
    state.loaded(())
    seen.append(state.condition(0.0).reason)
    state.market_is(Market.LIVE)
    assert [*seen, state.condition(0.0).reason] == ["RestoringCheckpoint", "LoadingStrategy", "LoadingHistory", None]


def test_a_strategy_that_never_loaded_has_failed_after_three_tries() -> None:
    state = RunState()
    state.log_is(Log.OPEN)
    failing(3, Fault.LOAD_FAILED)(state)
    assert state.condition(0.0)[:2] == (RunPhase.FAILED, "LoadFailed")


def test_one_success_ends_a_row_of_faults() -> None:
    state = running()
    failing(9, Fault.STRATEGY_ERROR)(state)
    state.evaluated(T0, 0, {}, succeeded=True)
    assert state.condition(0.0).phase is RunPhase.RUNNING
    assert state.faults == 9


def test_a_failed_evaluation_ends_nothing() -> None:
    state = running()
    failing(10, Fault.STRATEGY_ERROR)(state)
    state.evaluated(T0, 0, {}, succeeded=False)
    assert state.condition(0.0).phase is RunPhase.FAILED
