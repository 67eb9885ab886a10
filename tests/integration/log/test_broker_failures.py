"""The broker dies, freezes, or its answer is lost, in the middle of commits: a restore settles unknown results."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from integration.log.evaluations import advance, expected_signals, identities, reopen, run
from integration.log.frame_proxy import END_TRANSACTION, Loss, frame_proxy
from integration.log.log_reader import fresh_execution, published
from integration.log.private_broker import PrivateBroker
from strategy_runner.errors import LogUnavailable
from strategy_runner.signal_sinks.kafka_sink import KafkaSink


@pytest.fixture
async def execution(private_broker: PrivateBroker) -> AsyncIterator[str]:
    yield fresh_execution()
    private_broker.thaw()


def a_sink(servers: str, execution: str, commit_timeout_s: float = 2.0) -> KafkaSink:
    return KafkaSink(
        bootstrap_servers=servers, execution_id=execution, incarnation=1, commit_timeout_s=commit_timeout_s
    )


async def test_a_broker_killed_and_restarted_during_commits_costs_nothing(
    private_broker: PrivateBroker, execution: str
) -> None:
    sink, evaluations = a_sink(private_broker.servers, execution), 150
    reached = asyncio.Event()
    running = asyncio.create_task(
        run(sink, execution, 1, evaluations, lambda number: reached.set() if number % 50 == 0 else None)
    )
    for _ in range(2):
        async with asyncio.timeout(30):
            await reached.wait()
        reached.clear()
        await asyncio.to_thread(private_broker.kill)
        await asyncio.to_thread(private_broker.start)
    async with asyncio.timeout(60):
        await running
    await sink.close()
    assert identities(await published(private_broker.servers, execution)) == expected_signals(execution, evaluations)


async def test_a_frozen_broker_makes_the_log_unavailable_in_time_and_costs_nothing(
    private_broker: PrivateBroker, execution: str
) -> None:
    sink = a_sink(private_broker.servers, execution)
    checkpoint = await advance(sink, execution, 1, await sink.open())
    private_broker.freeze()
    async with asyncio.timeout(2 + 5):
        with pytest.raises(LogUnavailable, match="TimeoutError"):
            await advance(sink, execution, 1, checkpoint)
        with pytest.raises(LogUnavailable, match="not open"):
            await advance(sink, execution, 1, checkpoint)
    async with asyncio.timeout(25):
        with pytest.raises(LogUnavailable):
            await sink.open()
    private_broker.thaw()
    await run(sink, execution, 1, 6)
    await sink.close()
    assert identities(await published(private_broker.servers, execution)) == expected_signals(execution, 6)


async def test_closing_while_the_broker_is_away_ends_in_time(private_broker: PrivateBroker, execution: str) -> None:
    sink = a_sink(private_broker.servers, execution)
    checkpoint = await advance(sink, execution, 1, await sink.open())
    await asyncio.to_thread(private_broker.kill)
    try:
        async with asyncio.timeout(15):
            with pytest.raises(LogUnavailable):
                await advance(sink, execution, 1, checkpoint)
            with pytest.raises(LogUnavailable):
                await sink.open()
            await sink.close()
            await sink.close()
    finally:
        await asyncio.to_thread(private_broker.start)


@pytest.mark.parametrize("loss", Loss)
async def test_a_commit_whose_result_is_lost_is_settled_by_a_restore(
    private_broker: PrivateBroker, execution: str, loss: Loss
) -> None:
    async with frame_proxy(private_broker.proxy, private_broker.behind_proxy) as proxy:
        sink = a_sink(private_broker.proxied_servers, execution, commit_timeout_s=1.0)
        before = await advance(sink, execution, 1, await sink.open())
        proxy.lose(END_TRANSACTION, loss)
        with pytest.raises(LogUnavailable):
            await advance(sink, execution, 1, before)
        assert proxy.lost.is_set()
        proxy.heal()

        restored = await reopen(sink)
        assert restored is not None
        assert (restored == before) is (loss is Loss.REQUEST)
        await run(sink, execution, 1, 6)
        await sink.close()
    assert identities(await published(private_broker.servers, execution)) == expected_signals(execution, 6)


async def test_a_producer_that_the_broker_has_forgotten_is_replaced(
    private_broker: PrivateBroker, execution: str
) -> None:
    sink = a_sink(private_broker.servers, execution)
    checkpoint = await advance(sink, execution, 1, await sink.open())
    await asyncio.sleep(6)
    with pytest.raises(LogUnavailable):
        await advance(sink, execution, 1, checkpoint)
    await run(sink, execution, 1, 6)
    await sink.close()
    assert identities(await published(private_broker.servers, execution)) == expected_signals(execution, 6)
