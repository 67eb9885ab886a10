"""The signals of one execution, published as a supervisor does: one transaction each."""

import secrets
from typing import Any

from aiokafka import AIOKafkaProducer

from api_suites import envelope
from builders import a_signal
from strategy_contracts.signal import Signal
from strategy_contracts.topics import TRADING_SIGNALS, signal_key


class SignalSource:
    """Publishes on the broker of `servers`; `published` is what was committed."""

    def __init__(self, servers: str, owner: str) -> None:
        self.owner, self.execution_id = owner, f"run-{secrets.token_hex(8)}"
        self.published: list[Signal] = []
        self._producer = AIOKafkaProducer(
            bootstrap_servers=servers, transactional_id=self.execution_id, transaction_timeout_ms=10_000
        )

    async def start(self) -> None:
        await self._producer.start()

    async def publish(self, count: int = 1, **changes: Any) -> list[Signal]:
        """The next signals, each committed before the next."""
        for _ in range(count):
            self.published.append(await self._one(commit=True, **changes))
        return self.published[-count:]

    async def abort(self) -> Signal:
        """A signal that never happened."""
        return await self._one(commit=False)

    async def close(self) -> None:
        await self._producer.stop()

    async def _one(self, *, commit: bool, **changes: Any) -> Signal:
        sequence = len(self.published) + 1
        identity: dict[str, Any] = {"execution_id": self.execution_id, "owner": self.owner}
        signal = a_signal(sequence, at_ms=sequence * 60_000, **(identity | changes))
        await self._producer.begin_transaction()
        await self._producer.send_and_wait(TRADING_SIGNALS, envelope(signal), key=signal_key(self.execution_id))
        await (self._producer.commit_transaction() if commit else self._producer.abort_transaction())
        return signal
