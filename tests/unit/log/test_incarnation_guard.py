"""Who may write: decided from the records of an execution alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import EXECUTION_ID, a_checkpoint
from strategy_contracts.checkpoint import Claim, encode_checkpoint, encode_claim
from strategy_contracts.errors import ContractViolation
from strategy_contracts.topics import claim_key, signal_key
from strategy_runner.errors import Superseded
from strategy_runner.signal_sinks.incarnation_guard import IncarnationGuard
from strategy_runner.signal_sinks.log_record import LogRecord


def a_claim(incarnation: int, execution_id: str = EXECUTION_ID) -> LogRecord:
    claim = Claim(execution_id=execution_id, incarnation=incarnation)
    return LogRecord(1, claim_key(execution_id), encode_claim(claim))


def a_written_checkpoint(incarnation: int, execution_id: str = EXECUTION_ID) -> LogRecord:
    checkpoint = a_checkpoint(execution_id=execution_id, incarnation=incarnation)
    return LogRecord(2, signal_key(execution_id), encode_checkpoint(checkpoint))


def guard_of(mine: int, *records: LogRecord) -> IncarnationGuard:
    guard = IncarnationGuard(EXECUTION_ID, mine)
    for record in records:
        guard.see(record)
    return guard


@pytest.mark.parametrize(
    "records",
    [
        pytest.param([], id="nothing on the log"),
        pytest.param(
            [a_claim(2), a_written_checkpoint(2)], id="only this incarnation, before a restart of its container"
        ),
        pytest.param([a_claim(1), a_written_checkpoint(1)], id="only older incarnations"),
        pytest.param([a_claim(9, "another"), a_written_checkpoint(9, "another")], id="a neighbour of the partition"),
        pytest.param([LogRecord(3, claim_key(EXECUTION_ID), None)], id="a deleted claim"),
        pytest.param([LogRecord(3, None, b"?"), LogRecord(4, b"?", b"?")], id="records that are none of ours"),
    ],
)
def test_may_write_beside(records: list[LogRecord]) -> None:
    guard_of(2, *records).check()


@pytest.mark.parametrize(
    "records",
    [
        pytest.param([a_claim(3)], id="a claim"),
        pytest.param([a_written_checkpoint(3)], id="a checkpoint"),
        pytest.param([a_claim(3), a_claim(2), a_claim(1)], id="a claim that lower ones followed"),
    ],
)
def test_is_superseded_by(records: list[LogRecord]) -> None:
    with pytest.raises(Superseded) as refusal:
        guard_of(2, *records).check()
    assert (refusal.value.mine, refusal.value.highest) == (2, 3)


def test_stays_superseded_whatever_is_seen_later() -> None:
    guard = guard_of(2, a_claim(3))
    guard.see(LogRecord(5, claim_key(EXECUTION_ID), None))
    guard.see(a_claim(1))
    for _ in range(2):
        with pytest.raises(Superseded):
            guard.check()


@given(st.lists(st.tuples(st.integers(1, 9), st.booleans())), st.integers(1, 9))
def test_the_highest_incarnation_decides_in_any_order(seen: list[tuple[int, bool]], mine: int) -> None:
    guard = guard_of(mine, *(a_claim(number) if claims else a_written_checkpoint(number) for number, claims in seen))
    if max([number for number, _ in seen], default=0) > mine:
        with pytest.raises(Superseded):
            guard.check()
    else:
        guard.check()


@pytest.mark.parametrize("key", [claim_key(EXECUTION_ID), signal_key(EXECUTION_ID)])
def test_a_record_that_cannot_be_read_is_not_taken_for_absent(key: bytes) -> None:
    with pytest.raises(ContractViolation, match="offset 7"):
        guard_of(2, LogRecord(7, key, b"\xc1"))
