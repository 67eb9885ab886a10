"""Asks every outside system now and then whether it answers, so that probes need not wait for one that does not."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import structlog

from strategy_api.errors import DependencyUnavailable

log = structlog.get_logger(__name__)

_TIMEOUT_S: Final = 2.0
Check = Callable[[], Awaitable[object]]


class DependencyChecks:
    """Named checks; each returns, or raises DependencyUnavailable."""

    def __init__(self, checks: Mapping[str, Check], *, interval_s: float = 5.0) -> None:
        self._checks, self._interval_s = checks, interval_s
        self.answers: dict[str, bool] = dict.fromkeys(checks, False)
        """Who answered the last time."""

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            found = await asyncio.gather(*map(self._ask, self._checks.values()))
            answers = dict(zip(self._checks, found, strict=True))
            if answers != self.answers:
                log.info("dependencies", **answers)
            self.answers = answers
            await asyncio.sleep(self._interval_s)

    async def _ask(self, check: Check) -> bool:
        try:
            await asyncio.wait_for(check(), _TIMEOUT_S)
        except (DependencyUnavailable, TimeoutError):
            return False
        return True
