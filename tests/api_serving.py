"""The signal API in this process: the real application, the outside world in memory.

`served` listens on a real socket, for streams; `answering` calls the application without one, for everything else.
"""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
import jwt
import websockets

from builders import a_signal
from strategy_api.app import Parts, create_app
from strategy_api.auth import TokenAuthenticator
from strategy_api.hub import Hub
from strategy_api.log_reader import Lookback
from strategy_api.memory_cluster import MemoryCluster
from strategy_api.memory_log import MemoryGroup, MemoryLog, MemoryTail
from strategy_api.memory_store import MemoryStore
from strategy_api.redis_mirror import MemoryMirror
from strategy_api.server import Server, server_config
from strategy_api.settings import ApiSettings
from strategy_api.signal_ring import SignalRing
from strategy_contracts.signal import Signal, SignalEnvelope, encode_envelope
from strategy_contracts.topics import partition_of
from strategy_process.settings import Secret

SECRET = bytes(range(64))
NAMESPACE = "strategies"
now = partial(datetime.now, UTC)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def a_token(user_id: int | str | None = 42, subject: str = "alice", expires_in_s: float = 3600, **claims: Any) -> str:
    """A token as the platform's auth service makes it."""
    issued = time.time()
    payload = {"roles": ["USER"], "user_id": user_id, "sub": subject, "iat": issued, "exp": issued + expires_in_s}
    return jwt.encode({k: v for k, v in (payload | claims).items() if v is not None}, SECRET, algorithm="HS512")


def bearer(token: str | None = None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token or a_token()}"}


def settings(**changes: Any) -> ApiSettings:
    values: dict[str, Any] = {
        "kafka_bootstrap_servers": "not used",
        "signal_database_url": Secret("not used"),
        "default_strategy_namespace": NAMESPACE,
        "jwt_secret_key": Secret(base64.b64encode(SECRET).decode()),
        "service_host": "127.0.0.1",
        "service_port": 0,
        "rate_limit_per_second": 0.0,
    }
    return ApiSettings(**(values | changes))


@dataclass
class Outside:
    """The world around the API, in memory."""

    signals: MemoryLog = field(default_factory=MemoryLog)
    reports: MemoryLog = field(default_factory=MemoryLog)
    store: MemoryStore = field(default_factory=MemoryStore)
    mirror: MemoryMirror = field(default_factory=MemoryMirror)
    cluster: MemoryCluster = field(default_factory=MemoryCluster)

    def publish(self, sequence: int = 1, **changes: Any) -> Signal:
        """Put a signal on the log."""
        signal = a_signal(sequence, **changes)
        value = encode_envelope(SignalEnvelope(signal=signal, timestamp=signal.timestamp))
        self.signals.append(partition_of(signal.execution_id, len(self.signals.partitions)), value, now_ms())
        return signal

    def parts(self, config: ApiSettings, **changes: Any) -> Parts:
        """A replica's view of it."""
        values: dict[str, Any] = {
            "hub": Hub(SignalRing(config.stream_ring_size), queue_size=config.stream_queue_size, clock=now),
            "signals": MemoryTail(self.signals, Lookback(seconds=3600, max_records=1000, min_records=200), now_ms()),
            "reports": MemoryTail(self.reports, Lookback(seconds=60, max_records=1000), now_ms()),
            "history": MemoryGroup(self.signals, "history"),
            "store": self.store,
            "mirrored": MemoryGroup(self.signals, "mirror"),
            "mirror": self.mirror,
            "cluster": self.cluster,
            "authenticator": TokenAuthenticator(SECRET),
            "clock": now,
        }
        return Parts(**(values | changes))


@dataclass
class Api:
    """A served replica and a client for it."""

    port: int
    http: httpx.AsyncClient
    parts: Parts
    died: asyncio.Event
    outside: Outside

    async def read_everything(self) -> None:
        """Until the hub has seen all that is on the log."""
        assert await self.parts.hub.reached(self.outside.signals.ends(), 2)

    def stream(self, token: str | None = None, **options: Any) -> websockets.connect:
        """A WebSocket to the stream, with a token in the handshake unless `token` is empty."""
        headers = bearer(token) if token != "" else {}
        url = f"ws://127.0.0.1:{self.port}/api/signals/stream"
        return websockets.connect(url, additional_headers=headers, compression=None, **options)


@asynccontextmanager
async def served(outside: Outside, config: ApiSettings | None = None, **changes: Any) -> AsyncIterator[Api]:
    """The API with these parts, until the end of the block; it must end cleanly."""
    config = config or settings()
    parts = outside.parts(config, **changes)
    died = asyncio.Event()
    server = Server(server_config(create_app(config, parts, died.set), config))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        assert not serving.done(), serving.result()
        await asyncio.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=bearer(), timeout=5) as http:
        try:
            yield Api(port, http, parts, died, outside)
        finally:
            parts.hub.drain()
            server.should_exit = True
            await asyncio.wait_for(serving, 10)


@asynccontextmanager
async def answering(outside: Outside, config: ApiSettings | None = None, **changes: Any) -> AsyncIterator[Api]:
    """The API with these parts, for requests without a network."""
    config = config or settings()
    parts = outside.parts(config, **changes)
    died = asyncio.Event()
    app = create_app(config, parts, died.set)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://api", headers=bearer()) as http,
    ):
        while await parts.reports.lag():
            await asyncio.sleep(0)
        yield Api(0, http, parts, died, outside)


async def messages(socket: websockets.ClientConnection, count: int, kind: str = "signal") -> list[dict[str, Any]]:
    """The next `count` messages of this kind; others are passed over."""
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(5):
        while len(found) < count:
            message = json.loads(await socket.recv())
            if message["type"] == kind:
                found.append(message)
    return found


async def subscribed(socket: websockets.ClientConnection, *symbols: str, **more: Any) -> dict[str, Any]:
    """Subscribe and wait for the answer."""
    await socket.send(json.dumps({"type": "subscribe", "symbols": list(symbols or ["*"]), **more}))
    return (await messages(socket, 1, "subscription"))[0]


async def until(condition: Callable[[], object], timeout_s: float = 5) -> None:
    """Wait for something that no event announces."""
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.005)


def ids(received: list[dict[str, Any]]) -> list[str]:
    return [message["data"]["signal_id"] for message in received]
