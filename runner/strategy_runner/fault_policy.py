"""How often a strategy may fail in a row, how long to wait before the next try, and what to call its condition.

Pure. A strategy's faults never end the supervisor or its pod: it is tried again for as long as it is wanted.
"""

from typing import Final

from strategy_contracts.status_report import Fault, RunPhase

BEFORE_RUNNING: Final = frozenset({Fault.LOAD_FAILED, Fault.ISOLATION_MISSING})
"""Faults at which the strategy has not seen the evaluation time: it stays to be evaluated."""
FREE_FAULTS: Final = 3
"""So many faults in a row cost no wait."""
FAILED_AFTER: Final = 10
LAST_WAIT_S: Final = 60.0


def wait_s(faults_in_a_row: int) -> float:
    """How long to wait after that many faults in a row: 1 s after the fourth, doubling to 60 s."""
    excess = faults_in_a_row - FREE_FAULTS
    return 0.0 if excess <= 0 else min(LAST_WAIT_S, 2.0 ** min(excess - 1, 10))


def phase_of(faults_in_a_row: int, last: Fault | None) -> RunPhase | None:
    """The phase that faults put a run into; None while they do not matter.

    Loading depends on nothing but the bundle: after the free tries another one is only a formality.
    """
    if faults_in_a_row == 0:
        return None
    if faults_in_a_row >= (FREE_FAULTS if last in BEFORE_RUNNING else FAILED_AFTER):
        return RunPhase.FAILED
    return RunPhase.DEGRADED if faults_in_a_row > FREE_FAULTS else None
