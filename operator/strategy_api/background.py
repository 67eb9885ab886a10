"""The loops that run beside the web server, as one: when one of them ends, all end, and the process is told."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any

import structlog

log = structlog.get_logger(__name__)

Loop = Callable[[], Coroutine[Any, Any, None]]


class Background:
    """Runs named loops; `on_death` is called once if they end before they are asked to."""

    def __init__(self, loops: Mapping[str, Loop], on_death: Callable[[], None]) -> None:
        self._loops, self._on_death = loops, on_death
        self.alive = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The loops run inside the block."""
        group = asyncio.create_task(self._run())
        group.add_done_callback(self._ended)
        self.alive = True
        try:
            yield
        finally:
            group.cancel()
            await asyncio.gather(group, return_exceptions=True)

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for name, loop in self._loops.items():
                group.create_task(loop(), name=name)

    def _ended(self, group: asyncio.Task[None]) -> None:
        self.alive = False
        if not group.cancelled():
            log.critical("background_ended", exc_info=group.exception())
            self._on_death()
