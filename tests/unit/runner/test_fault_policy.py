import pytest

from strategy_contracts.status_report import Fault, RunPhase
from strategy_runner.fault_policy import phase_of, wait_s


def test_the_first_three_faults_cost_no_wait_then_it_doubles_to_a_minute() -> None:
    assert [wait_s(count) for count in range(13)] == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert wait_s(10**6) == 60


@pytest.mark.parametrize(
    ("count", "fault", "phase"),
    [
        pytest.param(0, None, None, id="no fault"),
        pytest.param(3, Fault.TIMEOUT, None, id="a few faults do not matter"),
        pytest.param(4, Fault.TIMEOUT, RunPhase.DEGRADED, id="one more does"),
        pytest.param(9, Fault.TIMEOUT, RunPhase.DEGRADED, id="nine in a row"),
        pytest.param(10, Fault.TIMEOUT, RunPhase.FAILED, id="ten in a row"),
        pytest.param(2, Fault.LOAD_FAILED, None, id="loading may fail twice"),
        pytest.param(3, Fault.LOAD_FAILED, RunPhase.FAILED, id="a third time tells enough"),
        pytest.param(3, Fault.ISOLATION_MISSING, RunPhase.FAILED, id="isolation does not come by itself"),
    ],
)
def test_the_phase(count: int, fault: Fault | None, phase: RunPhase | None) -> None:
    assert phase_of(count, fault) is phase
