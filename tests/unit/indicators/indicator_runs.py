"""Histories to run indicators on, the runs themselves, and the batch answer to the same question."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from strategy_sandbox.workflow.indicators import Indicator, PriceBar
from unit.indicators.batch_averages import AVERAGES
from unit.indicators.batch_prices import PRICES
from unit.indicators.batch_steps import Column, History

BATCH = AVERAGES | PRICES
HOUR = 3_600_000


@dataclass(frozen=True)
class Settings:
    """The parameters as the batch formulas name them."""

    period: int = 5
    fast: int = 3
    slow: int = 8
    signal: int = 4
    k: int = 6
    slowing: int = 2
    d: int = 3
    multiplier: float = 2.0

    @property
    def as_drawn(self) -> dict[str, Any]:
        return {
            "period": self.period,
            "fastPeriod": self.fast,
            "slowPeriod": self.slow,
            "signalPeriod": self.signal,
            "kPeriod": self.k,
            "slowing": self.slowing,
            "dPeriod": self.d,
            "multiplier": self.multiplier,
        }


@dataclass(frozen=True)
class Run:
    history: History
    settings: Settings


def a_history(seed: int, length: int, shape: str = "walk", tick: float = 2.0**-6) -> History:
    """Prices and volumes on a grid of powers of two: plain sums of them are exact, however they are taken."""
    chance = np.random.default_rng(seed)
    moves = {
        "walk": chance.integers(-40, 41, length),
        "constant": np.zeros(length, dtype=int),
        "steps": chance.integers(-500, 501, length) * (chance.random(length) < 0.05),
        "rise": chance.integers(0, 20, length),
    }[shape]
    close = 20_000 + np.cumsum(moves)
    opened = close - moves
    wide = 0 if shape in {"constant", "steps"} else 30
    high = np.maximum(opened, close) + chance.integers(0, wide + 1, length)
    low = np.minimum(opened, close) - chance.integers(0, wide + 1, length)
    volume = chance.integers(0, 1_000, length) * (chance.random(length) < 0.9)
    prices = [column * tick for column in (opened, high, low, close)]
    return History(np.arange(length) // 24, *prices, volume * 1.0, prices[3])


def spiked(history: History, at: int) -> History:
    """One bar a thousand times too high."""
    high, close, value = history.high.copy(), history.close.copy(), history.value.copy()
    for column in (high, close, value):
        column[at : at + 1] *= 1_024
    return replace(history, high=high, close=close, value=value)


@st.composite
def runs(draw: st.DrawFn) -> Run:
    length = draw(st.integers(1, 200))
    history = a_history(
        draw(st.integers(0, 10_000)),
        length,
        draw(st.sampled_from(["walk", "constant", "steps", "rise"])),
        draw(st.sampled_from([2.0**-40, 2.0**-6, 2.0**30])),
    )
    if draw(st.booleans()):
        history = spiked(history, draw(st.integers(0, length)))
    holes = draw(
        st.lists(st.tuples(st.integers(0, length - 1), st.sampled_from(["value", "volume", "high"])), max_size=2)
    )
    for at, column in holes:
        changed = getattr(history, column).copy()
        changed[at] = draw(st.sampled_from([math.nan, math.inf, -math.inf, 1e80]))
        history = replace(history, **{column: changed})
    fast = draw(st.integers(1, 9))
    settings = Settings(
        period=draw(st.integers(2, 24)),
        fast=fast,
        slow=fast + draw(st.integers(1, 12)),
        signal=draw(st.integers(1, 9)),
        k=draw(st.integers(1, 14)),
        slowing=draw(st.integers(1, 5)),
        d=draw(st.integers(1, 5)),
        multiplier=draw(st.sampled_from([0.5, 2.0, 3.0])),
    )
    return Run(history, settings)


def bars(history: History) -> Iterator[tuple[PriceBar, float]]:
    columns = (history.open, history.high, history.low, history.close, history.volume, history.value)
    for at, (*row, value) in enumerate(zip(*columns, strict=True)):
        yield PriceBar(at * HOUR, *map(float, row)), float(value)


def run(indicator: Indicator, history: History) -> Column:
    return np.array([indicator.update(bar, value) for bar, value in bars(history)]).reshape(len(history), -1).T


def batch(code: str, history: History, settings: Settings) -> Column:
    """The batch formula on each stretch between two bars with an undefined input."""
    read = () if code in AVERAGES and code not in {"VWMA", "FRAMA"} else ("open", "high", "low", "close", "volume")
    if code in AVERAGES:
        read = (*read, "value")
    defined = np.all([np.abs(getattr(history, column)) <= 1e75 for column in read], axis=0)
    parts, start = [], 0
    for end in [*np.flatnonzero(~defined).tolist(), len(history)]:
        if end > start:
            parts.append(np.array(BATCH[code](history[start:end], settings)))
        if end < len(history):
            parts.append(np.full((parts[0].shape[0] if parts else 1, 1), math.nan))
        start = end + 1
    widest = max(part.shape[0] for part in parts)
    return np.hstack([np.broadcast_to(part, (widest, part.shape[1])) for part in parts])
