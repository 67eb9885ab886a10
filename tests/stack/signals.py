"""A WebSocket client of the signal API as a careful consumer writes it: it resumes by cursor and checks sequences."""

import asyncio
import contextlib
import json
import time
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import websockets
from websockets.asyncio.client import connect


class SignalCollector:
    """Everything published while it is open, per execution, in order of arrival.

    `problems` is empty as long as the API kept its word: dense sequences, nothing twice, recovered after reconnects.
    """

    def __init__(self, url: str, token: str) -> None:
        self._url, self._token = url, token
        self.signals: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        self.received_at: dict[str, float] = {}
        """CLOCK_MONOTONIC seconds at receipt, by signal id."""
        self.problems: list[str] = []
        self.connections = 0
        self._changed = asyncio.Condition()
        self._subscribed = asyncio.Event()

    async def __aenter__(self) -> "SignalCollector":
        self._task = asyncio.create_task(self._run())
        await asyncio.wait_for(self._subscribed.wait(), 30)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def wait_for(self, execution_id: str, count: int, timeout_s: float) -> None:
        """Return when the execution has published `count` signals or more; TimeoutError says how many there were."""
        try:
            async with asyncio.timeout(timeout_s), self._changed:
                await self._changed.wait_for(lambda: len(self.signals[execution_id]) >= count)
        except TimeoutError:
            got = len(self.signals[execution_id])
            raise TimeoutError(f"{got} of {count} signals of {execution_id} after {timeout_s:g} s") from None

    async def _run(self) -> None:
        cursor: str | None = None
        while True:
            try:
                async with connect(
                    self._url, additional_headers={"Authorization": f"Bearer {self._token}"}, max_size=None
                ) as socket:
                    self.connections += 1
                    await socket.send(json.dumps({"type": "subscribe", "symbols": ["*"]} | _after(cursor)))
                    async for text in socket:
                        message = json.loads(text)
                        cursor = message.get("cursor") or cursor
                        await self._take(message, resumed=self.connections > 1)
            except (websockets.ConnectionClosed, OSError, websockets.InvalidHandshake, TimeoutError):
                # The API is being restarted: what matters is what it gives back afterwards.
                await asyncio.sleep(0.2)

    async def _take(self, message: Mapping[str, Any], *, resumed: bool) -> None:
        match message["type"]:
            case "subscription":
                if resumed and message.get("recovered") is not True:
                    self.problems.append(f"not recovered after a reconnect: {message}")
                self._subscribed.set()
            case "signal":
                await self._keep(message["data"])
            case "error":
                self.problems.append(f"error message: {message}")

    async def _keep(self, signal: Mapping[str, Any]) -> None:
        known = self.signals[signal["execution_id"]]
        expected = known[-1]["sequence"] + 1 if known else signal["sequence"]
        if signal["sequence"] != expected:
            self.problems.append(f"sequence {signal['sequence']} of {signal['execution_id']}, expected {expected}")
        if signal["signal_id"] in self.received_at:
            self.problems.append(f"{signal['signal_id']} came twice")
        self.received_at[signal["signal_id"]] = time.monotonic()
        async with self._changed:
            known.append(signal)
            self._changed.notify_all()


def _after(cursor: str | None) -> dict[str, str]:
    return {} if cursor is None else {"after": cursor}
