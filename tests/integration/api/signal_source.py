"""The signals of one execution, published as a supervisor does: one transaction each."""

import asyncio
import secrets
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from api_suites import envelope
from builders import a_signal
from strategy_contracts.signal import Signal
from strategy_contracts.topics import TRADING_SIGNALS, signal_key


class SignalSource:
    """Publishes on the broker of `servers`; `published` is what was committed."""

    def __init__(self, servers: str, owner: str) -> None:
        self.owner, self.execution_id = owner, f"run-{secrets.token_hex(8)}"
        self.published: list[Signal] = []
        self._servers = servers
        self._producer: AIOKafkaProducer | None = None

    async def publish(self, count: int = 1, **changes: Any) -> list[Signal]:
        """The next signals, each committed before the next."""
        for _ in range(count):
            signal = self._next(**changes)
            await (await self._sent(signal)).commit_transaction()
            self.published.append(signal)
        return self.published[-count:]

    async def abort(self) -> None:
        """A signal that never happened."""
        await (await self._sent(self._next())).abort_transaction()

    async def close(self) -> None:
        if self._producer is not None:
            await self._producer.stop()
            self._producer = None

    def _next(self, **changes: Any) -> Signal:
        sequence = len(self.published) + 1
        identity: dict[str, Any] = {"execution_id": self.execution_id, "owner": self.owner}
        return a_signal(sequence, at_ms=sequence * 60_000, **(identity | changes))

    async def _sent(self, signal: Signal) -> AIOKafkaProducer:
        """A producer with the signal in an open transaction.

        What fails before the commit is repeated by a new producer, as a supervisor does: brokers forget idle ones.
        """
        async with asyncio.timeout(60):
            while True:
                try:
                    producer = self._producer or await self._open()
                    await producer.begin_transaction()
                    await producer.send_and_wait(TRADING_SIGNALS, envelope(signal), key=signal_key(self.execution_id))
                except KafkaError:
                    await self.close()
                    await asyncio.sleep(0.2)
                else:
                    return producer

    async def _open(self) -> AIOKafkaProducer:
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self._servers, transactional_id=self.execution_id, transaction_timeout_ms=10_000
        )
        await self._producer.start()
        return self._producer
