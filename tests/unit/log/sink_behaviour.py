"""What every `SignalSink` does. A test class that derives from this makes sinks that share one log."""

from collections.abc import Awaitable, Callable, Sequence

import pytest

from builders import a_checkpoint, a_signal
from strategy_contracts.signal import Signal
from strategy_runner.errors import LogUnavailable, Superseded
from strategy_runner.signal_sinks import SignalSink

MakeSink = Callable[[int], SignalSink]
"""A sink of the given incarnation on the log of the test's execution."""
Published = Callable[[], Awaitable[Sequence[Signal]]]


class SinkBehaviour:
    """Needs the fixtures `execution`, `make` (MakeSink) and `published`."""

    async def test_a_new_log_has_no_checkpoint(self, make: MakeSink) -> None:
        assert await make(1).open() is None

    async def test_what_was_committed_is_there_after_a_restart(
        self, execution: str, make: MakeSink, published: Published
    ) -> None:
        sink = make(1)
        await sink.open()
        signals = [a_signal(number, execution_id=execution) for number in (1, 2)]
        committed = a_checkpoint(execution_id=execution, sequence=2)
        await sink.commit(signals, committed)
        await sink.close()
        assert await make(1).open() == committed
        assert list(await published()) == signals

    async def test_an_evaluation_without_signals_is_committed_too(
        self, execution: str, make: MakeSink, published: Published
    ) -> None:
        sink = make(1)
        await sink.open()
        committed = a_checkpoint(execution_id=execution)
        await sink.commit([], committed)
        assert await make(1).open() == committed
        assert list(await published()) == []

    async def test_a_sink_that_is_not_open_takes_nothing(
        self, execution: str, make: MakeSink, published: Published
    ) -> None:
        sink = make(1)
        with pytest.raises(LogUnavailable):
            await sink.commit([a_signal(execution_id=execution)], a_checkpoint(execution_id=execution))
        await sink.open()
        await sink.close()
        with pytest.raises(LogUnavailable):
            await sink.commit([a_signal(execution_id=execution)], a_checkpoint(execution_id=execution))
        assert list(await published()) == []

    async def test_closing_is_safe_without_open_and_twice(self, make: MakeSink) -> None:
        sink = make(1)
        await sink.close()
        await sink.open()
        await sink.close()
        await sink.close()

    async def test_opening_again_gives_the_committed_checkpoint(self, execution: str, make: MakeSink) -> None:
        sink = make(1)
        await sink.open()
        committed = a_checkpoint(execution_id=execution, sequence=5)
        await sink.commit([], committed)
        assert await sink.open() == committed

    async def test_a_higher_incarnation_continues_and_keeps_the_lower_one_out(
        self, execution: str, make: MakeSink, published: Published
    ) -> None:
        older, newer = make(1), make(2)
        await older.open()
        first = a_checkpoint(execution_id=execution, sequence=1)
        await older.commit([a_signal(1, execution_id=execution)], first)
        assert await newer.open() == first

        with pytest.raises((LogUnavailable, Superseded)):
            await older.commit([a_signal(2, execution_id=execution)], a_checkpoint(execution_id=execution, sequence=2))
        for stranger in (older, make(1)):
            with pytest.raises(Superseded):
                await stranger.open()
        second = a_checkpoint(execution_id=execution, incarnation=2, sequence=2)
        await newer.commit([a_signal(2, execution_id=execution, incarnation=2)], second)

        assert [signal.incarnation for signal in await published()] == [1, 2]
        assert await make(3).open() == second
