"""Reports of this runner on `strategy_status`, for the operator and the API.

A report is news, not state: one that cannot be written in time is given up, the next one says more.
"""

import asyncio
from typing import Any, Final

from aiokafka import AIOKafkaProducer

from strategy_contracts.status_report import StatusReport, encode_report
from strategy_contracts.topics import STRATEGY_STATUS, signal_key
from strategy_runner.kafka_clients import RETRY_BACKOFF_MS, let_go, start
from strategy_runner.kafka_errors import log_errors

WRITE_TIMEOUT_S: Final = 2.0
"""The longest that a report keeps its writer, connecting included."""


class KafkaStatusWriter:
    """The log of reports, as `StatusWriter` says; connects with a report, and with each one after a failure."""

    def __init__(self, bootstrap_servers: str, *, write_timeout_s: float = WRITE_TIMEOUT_S) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._write_timeout_s = write_timeout_s
        self._producer: Any = None

    async def write(self, report: StatusReport) -> None:
        key, value = signal_key(report.execution_id), encode_report(report)
        with log_errors("writing a status report"):
            async with asyncio.timeout(self._write_timeout_s):
                producer = await self._connected()
                await producer.send_and_wait(STRATEGY_STATUS, value, key)

    async def close(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await let_go(producer)

    async def _connected(self) -> Any:
        if self._producer is None:
            # Not idempotent: such a producer would keep every report until the broker is back.
            self._producer = await start(
                AIOKafkaProducer(
                    bootstrap_servers=self._bootstrap_servers,
                    acks="all",
                    request_timeout_ms=int(self._write_timeout_s * 1000),
                    retry_backoff_ms=RETRY_BACKOFF_MS,
                )
            )
        return self._producer
