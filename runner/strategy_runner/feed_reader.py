"""Reads a feed for as long as the run lives: starts it again where it broke off, and says that it did."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Final

from strategy_runner.bar_feed import BarFeed, BarUpdate, CaughtUp
from strategy_runner.errors import ChannelRefused, FeedUnavailable

FIRST_DELAY_S: Final = 0.5
LAST_DELAY_S: Final = 15.0
REFUSED_DELAY_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The feed broke off; it will start again with history."""

    message: str
    refused: bool


FeedItem = BarUpdate | CaughtUp | Interrupted


async def read_feed(feed: BarFeed, start_ms: Callable[[], int | None]) -> AsyncGenerator[FeedItem, None]:
    """The feed's items without end, unless the series itself ends (a file). `start_ms` is asked at each start."""
    delay_s = FIRST_DELAY_S
    while True:
        try:
            async for item in feed.updates(start_ms()):
                if isinstance(item, CaughtUp):
                    delay_s = FIRST_DELAY_S
                yield item
            return
        except FeedUnavailable as error:
            yield Interrupted(str(error), refused=False)
            await asyncio.sleep(delay_s)
            delay_s = min(LAST_DELAY_S, delay_s * 2)
        except ChannelRefused as error:
            yield Interrupted(str(error), refused=True)
            await asyncio.sleep(REFUSED_DELAY_S)
