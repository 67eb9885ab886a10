"""A random walk that is the same for everybody who knows its seed, and can be read at any time without its past.

The walk is the sum of noises of doubling period and growing size, each interpolated between values hashed from
(seed, symbol, octave, index): close to a Brownian path, and every price is a pure function of time.
"""

import math
import re
from functools import lru_cache
from hashlib import blake2b

from strategy_contracts.bar import Bar
from strategy_contracts.timeframe import Timeframe, close_time, open_time

SHORTEST_PERIOD_MS = 7_500
OCTAVES = 20
VOLATILITY = 0.0002
"""Size of the shortest noise, as a fraction of the price."""
SAMPLES = 8
VOLUME_PER_MINUTE = 3.0
NAME = re.compile(r"[A-Z0-9]{2,32}")


class RandomWalk:
    """A CandleSource for every symbol there may be."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._noise = lru_cache(maxsize=1 << 16)(self._hash)

    @property
    def timeframes(self) -> frozenset[Timeframe]:
        return frozenset(Timeframe)

    @property
    def symbols(self) -> tuple[str, ...]:
        return ("BTCUSDT", "ETHUSDT")

    def find(self, symbol: str) -> str | None:
        return symbol if NAME.fullmatch(symbol) else None

    def bars(self, symbol: str, timeframe: Timeframe, from_ms: int, to_ms: int) -> list[Bar]:
        opened = open_time(timeframe, from_ms)
        if opened < from_ms:
            opened = close_time(timeframe, opened)
        bars = []
        while opened < to_ms:
            closed = close_time(timeframe, opened)
            bars.append(self._bar(symbol, opened, closed, closed))
            opened = closed
        return bars

    def open_bar(self, symbol: str, timeframe: Timeframe, at_ms: int) -> Bar | None:
        opened = open_time(timeframe, at_ms)
        return self._bar(symbol, opened, close_time(timeframe, opened), at_ms)

    def _bar(self, symbol: str, opened: int, closed: int, at_ms: int) -> Bar:
        step = (closed - opened) // SAMPLES
        times = [*range(opened, at_ms, step), at_ms]
        prices = [self.price(symbol, time) for time in times]
        activity = 1.0 + self._noise(symbol, OCTAVES, opened)
        volume = round(VOLUME_PER_MINUTE * activity * (at_ms - opened) / 60_000, 6)
        return Bar(opened, prices[0], max(prices), min(prices), prices[-1], volume, closed=at_ms == closed)

    def price(self, symbol: str, at_ms: int) -> float:
        """The price at a time, with four decimals."""
        level = math.log(10.0) * (2.0 + self._noise(symbol, -1, 0))
        for octave in range(OCTAVES):
            place = at_ms / (SHORTEST_PERIOD_MS << octave)
            index = math.floor(place)
            left, right = self._noise(symbol, octave, index), self._noise(symbol, octave, index + 1)
            level += VOLATILITY * 2 ** (octave / 2) * (left + (right - left) * (place - index))
        return round(math.exp(level), 4)

    def _hash(self, symbol: str, octave: int, index: int) -> float:
        """A number in -1..1."""
        digest = blake2b(f"{self._seed}/{symbol}/{octave}/{index}".encode(), digest_size=8).digest()
        return int.from_bytes(digest) / (1 << 63) - 1.0
