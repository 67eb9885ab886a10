"""Starting and letting go of aiokafka's clients: bounded, and with nothing of them left behind.

aiokafka 0.14 waits without end for a broker that is away (`stop` flushes, the sender looks for its coordinator,
cancelled or not), loses the tasks it started, and leaves exceptions that nobody asks for, which asyncio prints as
tracebacks when they are collected. This module alone knows its insides; it knows nothing of what is sent or read.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, Final, Protocol, TypeVar

from aiokafka.errors import KafkaError

START_TIMEOUT_S: Final = 15.0
"""Also the patience with a predecessor's transaction that is being aborted, which takes well under a second."""
REQUEST_TIMEOUT_MS: Final = 5_000
RETRY_BACKOFF_MS: Final = 20
_STOP_TIMEOUT_S: Final = 2.0


class _Client(Protocol):
    async def start(self) -> None: ...

    async def stop(self) -> None: ...


ClientT = TypeVar("ClientT", bound=_Client)


async def start(client: ClientT) -> ClientT:
    """The started client; one that did not start in time is let go of."""
    try:
        async with asyncio.timeout(START_TIMEOUT_S):
            await client.start()
    except BaseException:
        await let_go(client)
        raise
    return client


@asynccontextmanager
async def started(client: ClientT) -> AsyncIterator[ClientT]:
    """The client for the length of a block."""
    await start(client)
    try:
        yield client
    finally:
        await let_go(client)


async def let_go(client: _Client) -> None:
    """Stop a client without sending what it still holds; also one that failed, hangs or never started."""
    sender = getattr(client, "_sender", None)
    if sender is not None:
        # Before `stop`, which would flush to a broker that may be away.
        await _cancel(_tasks_of(sender))
    try:
        async with asyncio.timeout(_STOP_TIMEOUT_S):
            await client.stop()
    except (TimeoutError, KafkaError):
        pass  # What it did not stop is abandoned below.
    except asyncio.CancelledError:
        # `stop` of a consumer passes on the cancellation of its own fetch when that was waiting to retry.
        if _cancelled_from_outside():
            raise
    finally:
        await _abandon(client)


def _cancelled_from_outside() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _abandon(client: Any) -> None:
    parts = [getattr(client, name, None) for name in ("_sender", "_message_accumulator", "_fetcher", "_coordinator")]
    await _cancel(_tasks_of(*(part for part in parts if part is not None)))
    for future in _unasked_futures(client):
        if future.done() and not future.cancelled():
            future.exception()
    connections = client.client if hasattr(client, "client") else client._client
    try:
        async with asyncio.timeout(_STOP_TIMEOUT_S):
            await connections.close()
    except TimeoutError:
        pass  # Bytes that nobody reads: the kernel ends such a connection.


def _tasks_of(*owners: object) -> set["asyncio.Task[Any]"]:
    """The tasks that run a method of an owner: aiokafka keeps them in local variables, a coroutine knows its `self`."""
    return {task for task in asyncio.all_tasks() if any(_runs_method_of(owner, task) for owner in owners)}


def _runs_method_of(owner: object, task: "asyncio.Task[Any]") -> bool:
    frame = getattr(task.get_coro(), "cr_frame", None)
    return frame is not None and frame.f_locals.get("self") is owner


async def _cancel(tasks: set["asyncio.Task[Any]"]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=_STOP_TIMEOUT_S)
    for task in tasks:
        if task.done() and not task.cancelled():
            task.exception()


def _unasked_futures(client: Any) -> Iterator["asyncio.Future[Any]"]:
    transactions = getattr(client, "_txn_manager", None)
    if transactions is not None and transactions.wait_for_transaction_end() is not None:
        yield transactions.wait_for_transaction_end()
    accumulator = getattr(client, "_message_accumulator", None)
    if accumulator is not None:
        for batches in accumulator._batches.values():
            yield from (batch._drain_waiter for batch in batches)
