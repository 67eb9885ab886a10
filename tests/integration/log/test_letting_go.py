"""Clients are let go of in time and completely, whatever they were doing when the broker went away.

That nothing of them is left is the business of the fixture `nothing_left_behind`.
"""

import asyncio
import time

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from integration.log.frame_proxy import frame_proxy
from integration.log.log_reader import fresh_execution
from integration.log.private_broker import PrivateBroker
from strategy_contracts.topics import TRADING_SIGNALS
from strategy_runner.kafka_clients import let_go, start, started

QUICKLY_S = 1.0


async def until_logged(caplog: pytest.LogCaptureFixture, text: str) -> None:
    async with asyncio.timeout(20):
        while text not in caplog.text:
            await asyncio.sleep(0.01)


async def test_a_producer_is_let_go_of_without_waiting_for_what_it_still_holds(private_broker: PrivateBroker) -> None:
    producer = await start(
        AIOKafkaProducer(bootstrap_servers=private_broker.servers, transactional_id=fresh_execution())
    )
    await producer.partitions_for(TRADING_SIGNALS)
    await producer.begin_transaction()
    private_broker.freeze()
    try:
        unsent = await producer.send(TRADING_SIGNALS, b"never seen", b"key")
        await asyncio.sleep(0.1)
        began = time.monotonic()
        await let_go(producer)
        assert time.monotonic() - began < QUICKLY_S
        assert not unsent.done()
    finally:
        private_broker.thaw()


async def test_a_consumer_that_waits_to_retry_is_let_go_of(
    private_broker: PrivateBroker, caplog: pytest.LogCaptureFixture
) -> None:
    partition = TopicPartition(TRADING_SIGNALS, 0)
    consumer = AIOKafkaConsumer(bootstrap_servers=private_broker.proxied_servers, retry_backoff_ms=60_000)
    async with frame_proxy(private_broker.proxy, private_broker.behind_proxy):
        await start(consumer)
        consumer.assign([partition])
        consumer.seek(partition, 0)
        await consumer.getmany(partition, timeout_ms=1_000)
    await until_logged(caplog, "Failed fetch messages")
    began = time.monotonic()
    await let_go(consumer)
    assert time.monotonic() - began < QUICKLY_S


async def test_a_client_that_cannot_start_is_let_go_of() -> None:
    with pytest.raises(KafkaError, match="Unable to bootstrap"):
        async with started(AIOKafkaProducer(bootstrap_servers="127.0.0.1:9")):
            raise AssertionError("not reached")


async def test_a_cancelled_block_lets_go_and_stays_cancelled(private_broker: PrivateBroker) -> None:
    inside = asyncio.Event()

    async def block() -> None:
        async with started(AIOKafkaConsumer(bootstrap_servers=private_broker.servers)):
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(block())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
