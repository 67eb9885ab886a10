"""Indicator formulas of both SDKs, over a whole series: as TA-Lib has them, NaN until they are defined.

Both SDKs take their last value or the series from here, so that they cannot differ.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Series = Sequence[float] | Values | Any
"""Anything numpy takes for numbers: lists, arrays, columns of frames."""
_LAMBERT: Final = 0.015
"""The constant that scales CCI."""


def numbers(series: Series) -> Values:
    """The series as float64."""
    return np.asarray(series, dtype=np.float64).ravel()


def sma(series: Series, period: int) -> Values:
    """Simple moving average."""
    values = numbers(series)
    result = _undefined(values)
    if len(values) >= _checked(period):
        result[period - 1 :] = np.lib.stride_tricks.sliding_window_view(values, period).mean(axis=1)
    return result


def ema(series: Series, period: int) -> Values:
    """Exponential moving average that starts with the simple one of the first `period` values."""
    return _smoothed(numbers(series), _checked(period), 2 / (period + 1))


def rsi(series: Series, period: int = 14) -> Values:
    """Relative strength index, smoothed as Wilder does; 0 where nothing moved."""
    changes = np.diff(numbers(series), prepend=np.nan)
    gains = _wilder(np.where(changes > 0, changes, 0.0)[1:], _checked(period))
    losses = _wilder(np.where(changes < 0, -changes, 0.0)[1:], period)
    total = gains + losses
    with np.errstate(invalid="ignore", divide="ignore"):
        strength = np.where(total == 0, 0.0, 100 * gains / total)
    return np.concatenate([[np.nan], np.where(np.isnan(total), np.nan, strength)])[: len(changes)]


def macd(series: Series, fast: int = 12, slow: int = 26, signal: int = 9) -> tuple[Values, Values, Values]:
    """(line, signal, histogram); both averages are defined from the same value on, and the line with its signal."""
    values = numbers(series)
    fast, slow = sorted((_checked(fast), _checked(slow)))
    line = np.full(len(values), np.nan)
    if len(values) >= slow:
        lead = slow - fast
        line[lead:] = ema(values[lead:], fast)
        line -= ema(values, slow)
    trigger = _undefined(values)
    if len(values) >= slow:
        trigger[slow - 1 :] = ema(line[slow - 1 :], signal)
    line = np.where(np.isnan(trigger), np.nan, line)
    return line, trigger, line - trigger


def bollinger(series: Series, period: int = 20, deviations: float = 2.0) -> tuple[Values, Values, Values]:
    """(upper, middle, lower); the deviation is that of the population."""
    values = numbers(series)
    middle, spread = sma(values, period), _undefined(values)
    if len(values) >= period:
        spread[period - 1 :] = np.lib.stride_tricks.sliding_window_view(values, period).std(axis=1)
    return middle + deviations * spread, middle, middle - deviations * spread


def stochastic(high: Series, low: Series, close: Series, k: int = 14, d: int = 3) -> tuple[Values, Values]:
    """(%K, %D): the place of the close in the range of `k` bars, and its simple average over `d`; 0 in no range."""
    closes = numbers(close)
    highest, lowest = _highest(numbers(high), k), -_highest(-numbers(low), k)
    place = _ratio(closes - lowest, highest - lowest) * 100
    average = _undefined(closes)
    if len(closes) >= k:
        average[k - 1 :] = sma(place[k - 1 :], d)
    return place, average


def williams_r(high: Series, low: Series, close: Series, period: int = 14) -> Values:
    """Williams %R, between -100 and 0; 0 in no range."""
    highest, lowest = _highest(numbers(high), period), -_highest(-numbers(low), period)
    return _ratio(highest - numbers(close), highest - lowest) * -100


def atr(high: Series, low: Series, close: Series, period: int = 14) -> Values:
    """Average true range, smoothed as Wilder does; the first bar has no range."""
    highs, lows, closes = numbers(high), numbers(low), numbers(close)
    before = closes[:-1]
    ranges = np.maximum(highs[1:] - lows[1:], np.maximum(abs(highs[1:] - before), abs(lows[1:] - before)))
    return np.concatenate([[np.nan], _wilder(ranges, _checked(period))])[: len(closes)]


def cci(high: Series, low: Series, close: Series, period: int = 14) -> Values:
    """Commodity channel index; 0 where nothing deviates."""
    typical = (numbers(high) + numbers(low) + numbers(close)) / 3
    result = _undefined(typical)
    if len(typical) >= _checked(period):
        windows = np.lib.stride_tricks.sliding_window_view(typical, period)
        mean = windows.mean(axis=1)
        deviation = abs(windows - mean[:, None]).mean(axis=1)
        result[period - 1 :] = _ratio(typical[period - 1 :] - mean, _LAMBERT * deviation)
    return result


def mfi(high: Series, low: Series, close: Series, volume: Series, period: int = 14) -> Values:
    """Money flow index; 0 where no money flowed."""
    typical = (numbers(high) + numbers(low) + numbers(close)) / 3
    flow, moves = typical * numbers(volume), np.diff(typical, prepend=np.nan)
    result = _undefined(typical)
    if len(typical) > _checked(period):
        rising = np.where(moves > 0, flow, 0.0)[1:]
        falling = np.where(moves < 0, flow, 0.0)[1:]
        up = np.lib.stride_tricks.sliding_window_view(rising, period).sum(axis=1)
        down = np.lib.stride_tricks.sliding_window_view(falling, period).sum(axis=1)
        result[period:] = 100 * np.where(up + down < 1, 0.0, _ratio(up, up + down))
    return result


def obv(close: Series, volume: Series) -> Values:
    """On-balance volume, from the first bar's volume on."""
    volumes = numbers(volume)
    if not len(volumes):
        return volumes
    return np.cumsum(np.concatenate([volumes[:1], np.sign(np.diff(numbers(close))) * volumes[1:]]))


def last(values: Values) -> float | None:
    """The newest value; None when there is none or it is undefined."""
    return float(values[-1]) if len(values) and not np.isnan(values[-1]) else None


def _checked(period: int) -> int:
    if period < 1:
        raise ValueError(f"a period must be at least 1, it is {period}")
    return period


def _undefined(values: Values) -> Values:
    return np.full(len(values), np.nan)


def _smoothed(values: Values, period: int, weight: float) -> Values:
    result = _undefined(values)
    if len(values) >= period:
        current = float(values[:period].mean())
        result[period - 1] = current
        for place in range(period, len(values)):
            current += weight * (float(values[place]) - current)
            result[place] = current
    return result


def _wilder(values: Values, period: int) -> Values:
    return _smoothed(values, period, 1 / period)


def _highest(values: Values, period: int) -> Values:
    result = _undefined(values)
    if len(values) >= _checked(period):
        result[period - 1 :] = np.lib.stride_tricks.sliding_window_view(values, period).max(axis=1)
    return result


def _ratio(part: Values, whole: Values) -> Values:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole == 0, 0.0, part / whole)
