"""The newest committed checkpoint is found wherever the pointer points."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import EXECUTION_ID, a_checkpoint
from strategy_contracts.checkpoint import encode_checkpoint
from strategy_contracts.errors import ContractViolation
from strategy_contracts.topics import claim_key, signal_key
from strategy_runner.signal_sinks.checkpoint_restore import NewestCheckpoint, restore, start_offset
from strategy_runner.signal_sinks.log_record import LogRecord


class Partition:
    """The committed records of a partition; earlier offsets than `first` are gone."""

    def __init__(self, records: list[LogRecord], first: int = 0) -> None:
        self._records = records
        self._first = first

    async def first_offset(self) -> int:
        return self._first

    async def read(
        self, start: int, end: int, see: Callable[[LogRecord], None], waiting: Callable[[int], None]
    ) -> None:
        for record in self._records:
            if start <= record.offset < end:
                see(record)


def a_written_checkpoint(offset: int) -> LogRecord:
    return LogRecord(offset, signal_key(EXECUTION_ID), encode_checkpoint(a_checkpoint(sequence=offset)))


def something_else(offset: int) -> LogRecord:
    return LogRecord(offset, claim_key(EXECUTION_ID), b"not looked at")


async def restored(records: list[LogRecord], end: int, pointer: int | None, first: int = 0) -> NewestCheckpoint:
    newest = NewestCheckpoint(EXECUTION_ID)
    await restore(Partition(records, first), newest, pointer=pointer, end=end, waiting=lambda behind: None)  # type: ignore[arg-type]
    return newest


@given(st.lists(st.booleans(), max_size=20), st.none() | st.integers(0, 25), st.integers(0, 20))
async def test_the_newest_is_found_from_any_pointer(ours: list[bool], pointer: int | None, first: int) -> None:
    end = len(ours)
    first = min(first, end)
    records = [(a_written_checkpoint if mine else something_else)(offset) for offset, mine in enumerate(ours)]
    records = [record for record in records if record.offset >= first]
    expected = max((offset for offset, mine in enumerate(ours) if mine and offset >= first), default=None)

    newest = await restored(records, end, pointer, first)

    assert newest.offset == expected
    assert newest.checkpoint == (None if expected is None else a_checkpoint(sequence=expected))


async def test_a_deleted_checkpoint_begins_a_new_run() -> None:
    newest = await restored([a_written_checkpoint(0), LogRecord(1, signal_key(EXECUTION_ID), None)], 2, None)
    assert newest.checkpoint is None


async def test_a_checkpoint_that_cannot_be_read_is_not_taken_for_absent() -> None:
    with pytest.raises(ContractViolation, match="offset 0"):
        await restored([LogRecord(0, signal_key(EXECUTION_ID), b"\xc1")], 1, None)


@pytest.mark.parametrize(
    ("pointer", "expected"),
    [
        pytest.param(None, 10, id="without a pointer at the beginning"),
        pytest.param(15, 15, id="at a pointer that is there"),
        pytest.param(20, 20, id="at a pointer to the end"),
        pytest.param(9, 10, id="at the beginning when retention has passed the pointer"),
        pytest.param(21, 10, id="at the beginning when the log is shorter than the pointer"),
    ],
)
def test_reading_starts(pointer: int | None, expected: int) -> None:
    assert start_offset(pointer, first=10, end=20) == expected
