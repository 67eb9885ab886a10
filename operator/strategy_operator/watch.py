"""Kopf, embedded: it watches, and hands what it sees to the loop where the work is done.

It has a thread and a loop of its own, because at its end it cancels every task of its loop, whoever started it. It
writes nothing: no finalizers, no annotations, no events, no peering.
"""

import asyncio
import logging
import random
import threading
from collections.abc import Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import kopf

from strategy_contracts.resource import GROUP
from strategy_operator.handlers import POD_SELECTOR, Notices, register
from strategy_operator.index import SourceRef
from strategy_operator.names import MANAGER, Key

_STOP_SECONDS: Final = 20.0


class WatchEnded(Exception):
    """Nothing is watched any more: the process has to start again."""


class EndlessBackoffs:
    """Pauses between attempts of one request: never the last, because giving up would end the watch for good."""

    def __iter__(self) -> Iterator[float]:
        for pause in (0.1, 0.5, 1, 2, 5):
            yield pause * random.uniform(0.8, 1.2)  # noqa: S311  (spreads load, keeps no secret)
        while True:
            yield 10 * random.uniform(0.8, 1.2)  # noqa: S311


def kopf_settings() -> kopf.OperatorSettings:
    """Kopf as a watcher only."""
    settings = kopf.OperatorSettings()
    settings.peering.standalone = True
    settings.scanning.disabled = True
    settings.posting.enabled = False
    settings.networking.connect_timeout = 5
    settings.networking.request_timeout = 30
    settings.networking.error_backoffs = EndlessBackoffs()
    settings.watching.server_timeout = 240
    settings.watching.client_timeout = 300
    settings.watching.connect_timeout = 5
    settings.watching.inactivity_timeout = 70
    settings.watching.chunk_size = 500
    settings.watching.label_selectors["", "v1", "pods"] = POD_SELECTOR
    settings.queueing.idle_timeout = 5
    settings.execution.max_workers = 4
    settings.persistence.finalizer = f"{GROUP}/finalizer"
    settings.process.ultimate_exiting_timeout = _STOP_SECONDS
    return settings


class Watch:
    """One run of kopf in its thread."""

    def __init__(self, namespaces: Sequence[str], notices: Notices) -> None:
        self._namespaces = namespaces
        self._notices = _AcrossThreads(notices)
        self._stop = threading.Event()

    async def run(self) -> None:
        """Watch until cancelled. Kopf ends by itself only when it cannot go on: WatchEnded, or its own error."""
        loop = self._notices.loop = asyncio.get_running_loop()
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="kopf")
        ended = loop.run_in_executor(thread, self._run_kopf)
        try:
            await asyncio.shield(ended)
            raise WatchEnded("kopf stopped watching")
        finally:
            self._stop.set()
            await asyncio.wait((ended,), timeout=_STOP_SECONDS)
            thread.shutdown(wait=False)

    def _run_kopf(self) -> None:
        # A line for every event tells nobody anything; and that signals are not taken in a thread is as we want it.
        logging.getLogger("kopf").setLevel(logging.WARNING)
        logging.getLogger("kopf._core.reactor.running").setLevel(logging.ERROR)
        registry = kopf.OperatorRegistry()
        register(registry)
        asyncio.run(
            kopf.operator(
                registry=registry,
                settings=kopf_settings(),
                # Only for peering, which is off; kopf would look the user up, and the image has none.
                identity=MANAGER,  # type: ignore[arg-type]  # the type has no public name
                namespaces=list(self._namespaces),
                stop_flag=self._stop,
                memo=self._notices,
            )
        )


class _AcrossThreads:
    """Notices of kopf's loop, delivered in ours; a full queue holds kopf up, and with it the watch."""

    def __init__(self, notices: Notices) -> None:
        self._notices = notices
        self.loop: asyncio.AbstractEventLoop | None = None

    async def strategy(self, key: Key, execution_id: str, ref: SourceRef | None) -> None:
        await self._deliver(self._notices.strategy(key, execution_id, ref))

    async def pod(self, key: Key) -> None:
        await self._deliver(self._notices.pod(key))

    async def source(self, ref: SourceRef) -> None:
        await self._deliver(self._notices.source(ref))

    async def _deliver(self, notice: Coroutine[Any, Any, None]) -> None:
        assert self.loop is not None
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(notice, self.loop))
