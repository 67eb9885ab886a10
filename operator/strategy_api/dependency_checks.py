"""Asks every outside system whether it answers, all at once, and remembers the answers for a moment."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from strategy_api.errors import DependencyUnavailable

_TIMEOUT_S: Final = 2.0
_FRESH_S: Final = 2.0
Check = Callable[[], Awaitable[object]]


class DependencyChecks:
    """Named checks; each returns, or raises DependencyUnavailable."""

    def __init__(self, checks: Mapping[str, Check], monotonic: Callable[[], float]) -> None:
        self._checks, self._monotonic = checks, monotonic
        self._answers: dict[str, bool] = {}
        self._asked_at = float("-inf")

    async def answers(self) -> dict[str, bool]:
        """Who answers. Probes come often and from many sides: they share one round of questions."""
        if self._monotonic() - self._asked_at > _FRESH_S:
            self._asked_at = self._monotonic()
            answers = await asyncio.gather(*map(self._ask, self._checks.values()))
            self._answers = dict(zip(self._checks, answers, strict=True))
        return self._answers

    async def _ask(self, check: Check) -> bool:
        try:
            await asyncio.wait_for(check(), _TIMEOUT_S)
        except (DependencyUnavailable, TimeoutError):
            return False
        return True
