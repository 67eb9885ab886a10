"""Timeframes and the bar grid: where a bar opens and when it is complete.

All times are integer milliseconds since the Unix epoch, UTC. Minutes to days are multiples of their
length since the epoch; weeks open on Monday and months on the 1st, as exchanges publish them.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

MINUTE_MS: Final = 60_000
DAY_MS: Final = 86_400_000
WEEK_MS: Final = 7 * DAY_MS
# 1970-01-01 was a Thursday; the first Monday after it is day 4.
_FIRST_MONDAY_MS: Final = 4 * DAY_MS


class Timeframe(StrEnum):
    """The timeframes a TradingStrategy may run on."""

    M1 = "1m"
    M5 = "5m"
    M15 = "15m"
    M30 = "30m"
    H1 = "1h"
    H4 = "4h"
    D1 = "1d"
    W1 = "1w"
    MN1 = "1M"

    @property
    def length_ms(self) -> int:
        """The nominal length; a month counts as 30 days (use `close_time` for the exact end)."""
        return _LENGTH_MS[self]


_LENGTH_MS: Final = {
    Timeframe.M1: MINUTE_MS,
    Timeframe.M5: 5 * MINUTE_MS,
    Timeframe.M15: 15 * MINUTE_MS,
    Timeframe.M30: 30 * MINUTE_MS,
    Timeframe.H1: 60 * MINUTE_MS,
    Timeframe.H4: 240 * MINUTE_MS,
    Timeframe.D1: DAY_MS,
    Timeframe.W1: WEEK_MS,
    Timeframe.MN1: 30 * DAY_MS,
}


def open_time(timeframe: Timeframe, at_ms: int) -> int:
    """The open time of the bar that contains `at_ms`."""
    if timeframe is Timeframe.MN1:
        moment = datetime.fromtimestamp(at_ms // 1000, UTC)
        return _month_start(moment.year, moment.month)
    origin = _FIRST_MONDAY_MS if timeframe is Timeframe.W1 else 0
    return at_ms - (at_ms - origin) % timeframe.length_ms


def close_time(timeframe: Timeframe, open_ms: int) -> int:
    """The open time of the bar after the one that opens at `open_ms`: its evaluation time T."""
    if timeframe is Timeframe.MN1:
        moment = datetime.fromtimestamp(open_ms // 1000, UTC)
        year, month = divmod(moment.year * 12 + moment.month, 12)
        return _month_start(year, month + 1)
    return open_ms + timeframe.length_ms


def previous_open(timeframe: Timeframe, open_ms: int) -> int:
    """The open time of the bar before the one that opens at `open_ms`."""
    return open_time(timeframe, open_ms - 1)


def _month_start(year: int, month: int) -> int:
    return int(datetime(year, month, 1, tzinfo=UTC).timestamp()) * 1000
