"""Levels that the market itself drew: VolumeProfile MarketStructure."""

import math
from collections import deque
from collections.abc import Mapping

from strategy_sandbox.workflow.indicators.bars import PriceBar
from strategy_sandbox.workflow.indicators.formula import SMALLEST, Definition, Formula, Reads
from strategy_sandbox.workflow.indicators.rolling import Lag, highest, lowest

PROFILE_ROWS = 24
VALUE_AREA = 0.7
EQUAL = 1 - 1e-9
"""Rows of one evenly spread bar weigh the same; rounding must not choose between them."""


class VolumeProfile(Formula):
    """Point of control and value area of the last bars; undefined while nothing was traded."""

    memory = ("highs", "lows", "volumes")

    def __init__(self, period: int) -> None:
        self.warm_up = period
        self.highs: deque[float] = deque(maxlen=period)
        self.lows: deque[float] = deque(maxlen=period)
        self.volumes: deque[float] = deque(maxlen=period)

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        self.highs.append(bar.high)
        self.lows.append(bar.low)
        self.volumes.append(bar.volume)
        if len(self.volumes) < self.warm_up or math.fsum(self.volumes) <= SMALLEST:
            return (math.nan, math.nan, math.nan)
        bottom, top = min(self.lows), max(self.highs)
        height = (top - bottom) / PROFILE_ROWS
        if height <= SMALLEST:
            return (bottom, top, bottom)
        rows = self._rows(bottom, height)
        control = point_of_control(rows)
        below, above = value_area(rows, control)
        return (bottom + (control + 0.5) * height, bottom + (above + 1) * height, bottom + below * height)

    def _rows(self, bottom: float, height: float) -> list[float]:
        """Each bar's volume, spread evenly from its low to its high."""
        rows = [0.0] * PROFILE_ROWS
        for high, low, volume in zip(self.highs, self.lows, self.volumes, strict=True):
            first = min(int((low - bottom) / height), PROFILE_ROWS - 1)
            last = min(int((high - bottom) / height), PROFILE_ROWS - 1)
            if first == last:
                rows[first] += volume
                continue
            density = volume / (high - low)
            for row in range(first, last + 1):
                floor = bottom + row * height
                rows[row] += density * max(min(high, floor + height) - max(low, floor), 0.0)
        return rows


def point_of_control(rows: list[float]) -> int:
    """The heaviest row; of equals the one nearest to the middle of the range, and of two such the lower."""
    heaviest = max(rows)
    return min(
        (row for row, weight in enumerate(rows) if weight >= heaviest * EQUAL),
        key=lambda row: abs(row - (len(rows) - 1) / 2),
    )


def value_area(rows: list[float], control: int) -> tuple[int, int]:
    """The rows around the point of control that hold 70 % of the volume.

    It grows by the heavier of the next two rows above and the next two below; above if they weigh the same.
    """
    below = above = control
    held, wanted = rows[control], VALUE_AREA * math.fsum(rows) * EQUAL
    while held < wanted and (below > 0 or above < len(rows) - 1):
        up, down = sum(rows[above + 1 : above + 3]), sum(rows[max(below - 2, 0) : below])
        if below == 0 or (above < len(rows) - 1 and up >= down * EQUAL):
            above = min(above + 2, len(rows) - 1)
            held += up
        else:
            below = max(below - 2, 0)
            held += down
    return below, above


class MarketStructure(Formula):
    """Swings, confirmed when `period` bars have passed without going beyond them.

    Resistance and support are the last confirmed swing high and low; higher high and lower low say (1 or 0)
    whether that swing went beyond the one before it. All are undefined until the market has made the swings.
    """

    memory = ("highest", "lowest", "high", "low", "resistance", "support", "higher_high", "lower_low")

    def __init__(self, period: int) -> None:
        # Two swings of one kind are at least period + 1 bars apart: earlier than this there cannot be two.
        self.warm_up = 3 * period + 2
        self.highest, self.lowest = highest(2 * period + 1), lowest(2 * period + 1)
        self.high, self.low = Lag(period), Lag(period)
        self.resistance = self.support = math.nan
        self.higher_high = self.lower_low = math.nan
        self._period = period

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        high, low = self.high.step(bar.high), self.low.step(bar.low)
        top, bottom = self.highest.step(bar.high), self.lowest.step(bar.low)
        if self.highest.age == self._period and not math.isnan(top):
            self.higher_high = _beyond(high - self.resistance)
            self.resistance = high
        if self.lowest.age == self._period and not math.isnan(bottom):
            self.lower_low = _beyond(self.support - low)
            self.support = low
        return (self.higher_high, self.lower_low, self.support, self.resistance)


def _beyond(distance: float) -> float:
    return math.nan if math.isnan(distance) else float(distance > 0)


FAMILY: Mapping[str, Definition] = {
    "VolumeProfile": Definition(("poc", "vah", "val"), Reads.PRICES, lambda given: VolumeProfile(given.period())),
    "MarketStructure": Definition(
        ("higher_high", "lower_low", "support", "resistance"),
        Reads.PRICES,
        lambda given: MarketStructure(given.period()),
    ),
}
