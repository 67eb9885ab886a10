"""Who may write: fenced processes, zombies of older incarnations, equals, and frozen neighbours of the partition."""

import asyncio
import time
from collections.abc import Callable

import pytest
from aiokafka import AIOKafkaProducer

from integration.log.evaluations import advance, evaluation_number, expected_signals, identities, reopen, run
from integration.log.log_reader import execution_beside, fresh_execution, open_transaction, published
from integration.log.writer_process import WriterProcess
from strategy_contracts.exit_codes import ExitCode
from strategy_runner.errors import LogUnavailable, Superseded
from strategy_runner.signal_sinks import kafka_sink
from strategy_runner.signal_sinks.kafka_sink import KafkaSink
from strategy_runner.signal_sinks.log_observer import LogObserver

MakeSink = Callable[..., KafkaSink]


class Listener(LogObserver):
    """Remembers what it heard."""

    def __init__(self) -> None:
        self.offsets_behind: list[int] = []
        self.fenced: list[bool] = []

    def waiting(self, offsets_behind: int) -> None:
        self.offsets_behind.append(offsets_behind)

    def lost(self, *, fenced: bool) -> None:
        self.fenced.append(fenced)


async def test_a_zombie_is_fenced_finds_the_higher_claim_and_stays_out(servers: str, make_sink: MakeSink) -> None:
    execution, listener = fresh_execution(), Listener()
    zombie, successor = make_sink(execution, 1, observer=listener), make_sink(execution, 2)
    checkpoint = await advance(zombie, execution, 1, await zombie.open())

    assert await successor.open() == checkpoint
    with pytest.raises(LogUnavailable, match="ProducerFenced"):
        await advance(zombie, execution, 1, checkpoint)
    assert listener.fenced == [True]
    for _ in range(3):
        with pytest.raises(Superseded, match="incarnation 2 has claimed this execution; this one is 1"):
            await zombie.open()
    await run(successor, execution, 2, 6)

    assert identities(await published(servers, execution)) == expected_signals(execution, 6)


async def test_a_zombie_that_starts_again_stays_out_although_the_successor_has_not_written_yet(
    servers: str, make_sink: MakeSink
) -> None:
    execution = fresh_execution()
    zombie, successor = make_sink(execution, 1), make_sink(execution, 2)
    checkpoint = await advance(zombie, execution, 1, await zombie.open())
    await zombie.close()
    await successor.open()

    with WriterProcess(servers, execution, incarnation=1, evaluations=6) as restarted:
        assert await restarted.ended() == ExitCode.SUPERSEDED
    # The zombie has not fenced its successor on its way out.
    await advance(successor, execution, 2, checkpoint)


async def test_a_predecessor_that_commits_and_moves_the_pointer_between_claim_and_fencing_stays_out(
    make_sink: MakeSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    execution = fresh_execution()
    zombie, successor = make_sink(execution, 1), make_sink(execution, 2)
    checkpoint = await advance(zombie, execution, 1, await zombie.open())
    become_writer = kafka_sink.become_writer

    async def after_the_zombie_has_gone_on(servers: str, execution_id: str) -> AIOKafkaProducer:
        nonlocal checkpoint
        monkeypatch.undo()
        checkpoint = await advance(zombie, execution, 1, checkpoint)
        await zombie.close()
        return await become_writer(servers, execution_id)

    monkeypatch.setattr(kafka_sink, "become_writer", after_the_zombie_has_gone_on)
    assert await successor.open() == checkpoint

    with pytest.raises(Superseded):
        await make_sink(execution, 1).open()
    await advance(successor, execution, 2, checkpoint)


async def test_a_predecessor_that_opens_again_as_soon_as_it_is_fenced_finds_the_claim(
    make_sink: MakeSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    execution = fresh_execution()
    zombie, successor = make_sink(execution, 1), make_sink(execution, 2)
    checkpoint = await advance(zombie, execution, 1, await zombie.open())
    become_writer = kafka_sink.become_writer

    async def before_the_zombie_opens_again(servers: str, execution_id: str) -> AIOKafkaProducer:
        monkeypatch.undo()
        producer = await become_writer(servers, execution_id)
        with pytest.raises(LogUnavailable):
            await advance(zombie, execution, 1, checkpoint)
        with pytest.raises(Superseded):
            await zombie.open()
        return producer

    monkeypatch.setattr(kafka_sink, "become_writer", before_the_zombie_opens_again)
    assert await successor.open() == checkpoint
    await advance(successor, execution, 2, checkpoint)


async def test_equal_incarnations_take_turns_without_loss_or_repetition(servers: str, make_sink: MakeSink) -> None:
    execution, listener = fresh_execution(), Listener()
    sinks = [make_sink(execution, 1, observer=listener) for _ in range(2)]
    async with asyncio.timeout(60):
        await asyncio.gather(*(run(sink, execution, 1, 30) for sink in sinks))
    assert identities(await published(servers, execution)) == expected_signals(execution, 30)
    assert any(listener.fenced), "they never met: the test shows nothing"


async def test_a_restart_waits_for_a_frozen_neighbour_and_never_restores_a_stale_checkpoint(
    servers: str, make_sink: MakeSink
) -> None:
    frozen_execution = fresh_execution()
    execution, listener = execution_beside(frozen_execution), Listener()
    crashing = make_sink(execution)
    checkpoint = await advance(crashing, execution, 1, await crashing.open())
    await crashing.close()
    await crashing.open()

    stop = ("--stage=after-sends", "--at=4", "--signal=STOP")
    with WriterProcess(servers, frozen_execution, *stop, evaluations=9) as frozen:
        while not (await frozen.line()).startswith("fault"):
            pass
        frozen_at = time.monotonic()
        # Committed, yet behind the frozen transaction; the pointer still says the one before.
        for _ in range(3):
            checkpoint = await advance(crashing, execution, 1, checkpoint)
        restarted = make_sink(execution, 2, observer=listener)

        assert await restarted.open() == checkpoint
        waited_s = time.monotonic() - frozen_at
        assert max(listener.offsets_behind) > 0
        assert listener.offsets_behind[-1] == 0
        assert 5 < waited_s < 13
        await run(restarted, execution, 2, 9)

        await asyncio.sleep(max(0.0, frozen_at + 14 - time.monotonic()))
        frozen.thaw()
        assert await frozen.ended() == 0
    for finished in (execution, frozen_execution):
        assert identities(await published(servers, finished)) == expected_signals(finished, 9)


async def test_an_open_that_is_cancelled_while_it_waits_lets_go(servers: str, make_sink: MakeSink) -> None:
    holder = fresh_execution()
    execution, waiting = execution_beside(holder), asyncio.Event()
    first = make_sink(execution)
    checkpoint = await advance(first, execution, 1, await first.open())

    class Watch(LogObserver):
        def waiting(self, offsets_behind: int) -> None:
            if offsets_behind:
                waiting.set()

    async with open_transaction(servers, holder):
        opening = asyncio.create_task(make_sink(execution, 2, observer=Watch()).open())
        async with asyncio.timeout(5):
            await waiting.wait()
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
    assert await make_sink(execution, 3).open() == checkpoint


async def test_reopening_after_a_loss_continues_from_the_log_not_from_memory(servers: str, make_sink: MakeSink) -> None:
    execution = fresh_execution()
    first, second = make_sink(execution), make_sink(execution)
    checkpoint = await advance(first, execution, 1, await first.open())
    await second.open()
    committed_by_second = await advance(second, execution, 1, checkpoint)

    with pytest.raises(LogUnavailable):
        await advance(first, execution, 1, checkpoint)
    assert await reopen(first) == committed_by_second
    assert evaluation_number(committed_by_second) == 2
    assert identities(await published(servers, execution)) == expected_signals(execution, 2)
