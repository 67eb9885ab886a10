import pytest

from builders import a_checkpoint, a_signal
from strategy_runner.errors import LogUnavailable, Superseded
from strategy_runner.signal_sinks.memory_sink import MemoryLog, MemorySink


async def test_what_is_committed_is_restored() -> None:
    log = MemoryLog()
    sink = MemorySink(1, log)
    assert await sink.open() is None
    await sink.commit([a_signal(1)], a_checkpoint(sequence=1))
    assert await MemorySink(1, log).open() == a_checkpoint(sequence=1)
    assert log.signals == [a_signal(1)]


async def test_a_log_must_be_open() -> None:
    with pytest.raises(LogUnavailable):
        await MemorySink(1).commit([], a_checkpoint())


async def test_a_higher_incarnation_keeps_a_lower_one_out() -> None:
    log = MemoryLog()
    old, new = MemorySink(1, log), MemorySink(2, log)
    await old.open()
    await new.open()
    with pytest.raises(Superseded):
        await old.commit([a_signal(1)], a_checkpoint())
    with pytest.raises(Superseded):
        await old.open()
    assert log.signals == []
