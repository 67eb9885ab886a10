"""Reports on the real log; a broker that is away keeps nobody."""

import asyncio
import time

import pytest
from aiokafka import AIOKafkaConsumer

from builders import a_report
from integration.log.log_reader import fresh_execution
from integration.log.private_broker import PrivateBroker
from strategy_contracts.status_report import RunPhase, StatusReport, decode_report
from strategy_contracts.topics import STRATEGY_STATUS, signal_key
from strategy_runner.errors import LogUnavailable
from strategy_runner.kafka_clients import started
from strategy_runner.status_log import KafkaStatusWriter


async def reports_of(servers: str, execution: str, count: int) -> list[StatusReport]:
    consumer = AIOKafkaConsumer(STRATEGY_STATUS, bootstrap_servers=servers, auto_offset_reset="earliest")
    found: list[StatusReport] = []
    async with started(consumer), asyncio.timeout(20):
        while len(found) < count:
            record = await consumer.getone()
            if record.key == signal_key(execution):
                found.append(decode_report(record.value))
    return found


async def test_reports_are_read_in_the_order_written(servers: str) -> None:
    execution = fresh_execution()
    reports = [a_report(execution_id=execution, phase=phase) for phase in (RunPhase.LOADING, RunPhase.RUNNING)]
    writer = KafkaStatusWriter(servers)
    for report in reports:
        await writer.write(report)
    await writer.close()
    assert await reports_of(servers, execution, 2) == reports


async def test_closing_twice_or_without_a_report_is_nothing(servers: str) -> None:
    writer = KafkaStatusWriter(servers)
    await writer.close()
    await writer.write(a_report(execution_id=fresh_execution()))
    await writer.close()
    await writer.close()


async def test_a_writer_without_its_broker_gives_up_in_time_and_writes_again_when_it_is_back(
    private_broker: PrivateBroker,
) -> None:
    execution = fresh_execution()
    writer = KafkaStatusWriter(private_broker.servers, write_timeout_s=0.5)
    await writer.write(a_report(execution_id=execution, phase=RunPhase.LOADING))
    private_broker.freeze()
    try:
        for _ in range(2):
            began = time.monotonic()
            with pytest.raises(LogUnavailable, match="writing a status report: TimeoutError"):
                await writer.write(a_report(execution_id=fresh_execution()))
            assert time.monotonic() - began < 1.0
    finally:
        private_broker.thaw()
    async with asyncio.timeout(20):
        while True:
            try:
                await writer.write(a_report(execution_id=execution, phase=RunPhase.RUNNING))
            except LogUnavailable:
                continue
            break
    await writer.close()
    last = (await reports_of(private_broker.servers, execution, 2))[-1]
    assert last.phase is RunPhase.RUNNING


async def test_a_writer_that_never_reached_its_broker_leaves_nothing() -> None:
    writer = KafkaStatusWriter("127.0.0.1:9", write_timeout_s=0.5)
    with pytest.raises(LogUnavailable, match="Unable to bootstrap"):
        await writer.write(a_report())
    await writer.close()
