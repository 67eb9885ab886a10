"""Batch formulas of what reads the bars themselves, each with its author."""

import math

import numpy as np
import talib

from unit.indicators.batch_steps import (
    Column,
    History,
    bottom,
    change,
    ema,
    line_end,
    over,
    recursion,
    shift,
    sma,
    top,
    total,
    variance,
    wilder,
    windows,
)

Columns = tuple[Column, ...]


def place(h: History, period: int) -> Column:
    low = bottom(h.low, period)
    return 100 * over(h.close - low, top(h.high, period) - low)


def stoch(h: History, k: int, slowing: int, d: int) -> Columns:
    """G. Lane, Lane's Stochastics, 1984."""
    line = sma(place(h, k), slowing)
    return line, sma(line, d)


def kdj(h: History, k: int, slowing: int, d: int) -> Columns:
    line = wilder(place(h, k), slowing)
    signal = wilder(line, d)
    return line, signal, 3 * line - 2 * signal


def williams(h: History, period: int) -> Columns:
    """L. Williams, How I Made One Million Dollars Last Year Trading Commodities, 1973."""
    high = top(h.high, period)
    return (-100 * over(high - h.close, high - bottom(h.low, period)),)


def cci(h: History, period: int) -> Columns:
    """D. Lambert, Commodity Channel Index, 1980."""

    def deviation(window: Column) -> float:
        return float(np.abs(window - math.fsum(window) / period).mean())

    centre, spread = sma(h.typical, period), windows(h.typical, period, deviation)
    return (over(h.typical - centre, 0.015 * spread),)


def ultimate(h: History) -> Columns:
    """L. Williams, The Ultimate Oscillator, 1985."""
    pressure = h.close - np.minimum(h.low, shift(h.close, 1))
    parts = [over(total(pressure, n), total(h.true_range, n)) for n in (7, 14, 28)]
    return (100 * (4 * parts[0] + 2 * parts[1] + parts[2]) / 7,)


def awesome(h: History) -> Columns:
    """B. Williams, New Trading Dimensions, 1998."""
    return (sma(h.median, 5) - sma(h.median, 34),)


def accelerator(h: History) -> Columns:
    (line,) = awesome(h)
    return (line - sma(line, 5),)


def thermometer(h: History, period: int) -> Columns:
    """A. Elder, Come Into My Trading Room, 2002: 0 on inside bars."""
    up, down = change(h.high), -change(h.low)
    out = np.where((up < 0) & (down < 0), 0.0, np.maximum(up, down))
    return out, ema(out, period)


def choppiness(h: History, period: int) -> Columns:
    """E. W. Dreiss, Choppiness Index, 1993."""
    across = top(h.high, period) - bottom(h.low, period)
    with np.errstate(divide="ignore"):
        return (
            100 * np.log10(total(h.true_range, period) / np.where(across == 0, math.nan, across)) / np.log10(period),
        )


def keltner(h: History, period: int, multiplier: float) -> Columns:
    """L. Raschke's form of C. Keltner's channel (1960), with TA-Lib's seeds and range of 10 bars."""
    first = max(period - 1, 10)
    price, true_range = h.typical, h.true_range
    price[: first - period + 1] = math.nan
    true_range[: first - 10 + 1] = math.nan
    middle, reach = ema(price, period), multiplier * wilder(true_range, 10)
    return middle + reach, middle, middle - reach


def donchian(h: History, period: int) -> Columns:
    """R. Donchian, Donchian's Five- and Twenty-Day Moving Averages, 1974."""
    high, low = top(h.high, period), bottom(h.low, period)
    return high, (high + low) / 2, low


def squeeze(h: History, period: int, multiplier: float) -> Columns:
    """J. Carter, Mastering the Trade, 2005: Bollinger inside Keltner (1.5 mean true ranges)."""
    ranges = h.true_range
    ranges[:1] = h.high[:1] - h.low[:1]
    average = sma(h.close, period)
    momentum = line_end(h.close - (donchian(h, period)[1] + average) / 2, period)
    inside = multiplier * np.sqrt(variance(h.close, period)) < 1.5 * sma(ranges, period)
    return momentum, np.where(np.isnan(average), math.nan, inside)


def flow(h: History) -> Column:
    return over(2 * h.close - h.low - h.high, h.high - h.low) * h.volume


def obv(h: History) -> Columns:
    """J. Granville, Granville's New Key to Stock Market Profits, 1963; begins with the first volume, as TA-Lib."""
    signs = np.sign(change(h.close))
    signs[:1] = 1
    return (np.cumsum(signs * h.volume),)


def vwap(h: History) -> Columns:
    traded = np.array(
        [math.fsum((h.typical * h.volume)[: at + 1][h.day[: at + 1] == h.day[at]]) for at in range(len(h))]
    )
    volume = np.array([math.fsum(h.volume[: at + 1][h.day[: at + 1] == h.day[at]]) for at in range(len(h))])
    return (traded / np.where(volume == 0, math.nan, volume),)


def ease(h: History, period: int) -> Columns:
    """R. Arms, Volume Cycles in the Stock Market, 1983; volume in 100 millions."""
    return (sma(over(change(h.median) * (h.high - h.low) * 1e8, h.volume), period),)


def volume_index(h: History, sign: int) -> Columns:
    """N. Fosback, Stock Market Logic, 1976; from 1000, as TA-Lib."""
    moved = sign * change(h.volume) > 0
    growth = np.where(moved, over(change(h.close), shift(h.close, 1)), 0.0)
    return (1000 * np.cumprod(1 + growth),)


def price_volume_trend(h: History) -> Columns:
    moves = h.volume * over(change(h.close), shift(h.close, 1))
    moves[:1] = 0
    return (np.cumsum(moves),)


def money_flow(h: History, period: int) -> Columns:
    """G. Quong and A. Soudack, Volume-Weighted RSI: Money Flow, 1989."""
    moves, traded = change(h.typical), h.typical * h.volume
    traded = np.where(np.isnan(moves), math.nan, traded)
    up = total(np.where(moves > 0, traded, traded * 0), period)
    down = total(np.where(moves < 0, traded, traded * 0), period)
    return (100 * over(up, up + down),)


def klinger(h: History) -> Columns:
    """S. Klinger, Identifying Trends with Volume Analysis, 1997: 34, 55 and a signal of 13."""
    price, spread = h.high + h.low + h.close, h.high - h.low
    force = np.full(len(h), math.nan)
    way, before = 0.0, 0
    for at in range(1, len(h)):
        trend = 1 if price[at] > price[at - 1] else -1
        way = (way if trend == before else spread[at - 1]) + spread[at]
        before = trend
        force[at] = 100 * h.volume[at] * trend * abs(2 * (spread[at] / way if way else 0.0) - 1)
    line = ema(force, 34) - ema(force, 55)
    return line, ema(line, 13)


def directional(h: History, period: int) -> Columns:
    """J. W. Wilder, New Concepts in Technical Trading Systems, 1978, with TA-Lib's seeds."""
    rise, fall = change(h.high), -change(h.low)
    ups = np.where((rise > fall) & (rise > 0), rise, 0.0)
    downs = np.where((fall > rise) & (fall > 0), fall, 0.0)

    def sums(column: Column) -> Column:
        seed = math.fsum(column[1:period])
        return recursion(len(h), period, lambda at, before: before - before / period + column[at], seed)

    ranges = sums(h.true_range)
    plus, minus = 100 * over(sums(ups), ranges), 100 * over(sums(downs), ranges)
    return wilder(100 * over(np.abs(plus - minus), plus + minus), period), plus, minus


def aroon(h: History, period: int) -> Columns:
    """T. Chande, Time Price Oscillator, 1995; the latest of equals counts."""

    def age(window: Column, extreme: float) -> float:
        return float(np.argmax(window[::-1] == extreme))

    up = windows(h.high, period + 1, lambda window: age(window, window.max()))
    down = windows(h.low, period + 1, lambda window: age(window, window.min()))
    return 100 * (period - up) / period, 100 * (period - down) / period


def vortex(h: History, period: int) -> Columns:
    """E. Botes and D. Siepman, The Vortex Indicator, 2010."""
    ranges = total(h.true_range, period)
    up, down = np.abs(h.high - shift(h.low, 1)), np.abs(h.low - shift(h.high, 1))
    return over(total(up, period), ranges), over(total(down, period), ranges)


def parabolic(h: History) -> Columns:
    """J. W. Wilder, New Concepts in Technical Trading Systems, 1978. The signal: the side that the stop is not on."""
    stop = talib.SAR(h.high, h.low, 0.02, 0.2)
    return (stop,)


def ichimoku(h: History) -> Columns:
    """G. Hosoda, Ichimoku Kinko Hyo, 1969: 9, 26, 52, the cloud projected 26 bars."""
    fast, middle, slow = ((top(h.high, n) + bottom(h.low, n)) / 2 for n in (9, 26, 52))
    return fast, middle, shift((fast + middle) / 2, 26), shift(slow, 26), h.close


def swings(h: History, strength: int) -> Columns:
    """B. Williams, Trading Chaos, 1995: fractals, of any strength, known `strength` bars after they happened."""
    outputs = np.full((4, len(h)), math.nan)
    highs: list[float] = []
    lows: list[float] = []
    for now in range(2 * strength, len(h)):
        at = now - strength
        before, after = slice(at - strength, at), slice(at + 1, now + 1)
        if h.high[at] >= h.high[before].max() and h.high[at] > h.high[after].max():
            highs.append(h.high[at])
        if h.low[at] <= h.low[before].min() and h.low[at] < h.low[after].min():
            lows.append(h.low[at])
        if len(highs) > 1:
            outputs[0, now] = highs[-1] > highs[-2]
        if len(lows) > 1:
            outputs[1, now] = lows[-1] < lows[-2]
        outputs[2, now] = lows[-1] if lows else math.nan
        outputs[3, now] = highs[-1] if highs else math.nan
    return tuple(outputs)


def profile(h: History, period: int) -> Columns:
    """J. P. Steidlmayer and K. Koy, Markets and Market Logic, 1986: 24 rows, volume spread evenly over each bar,
    value area of 70 % grown by the heavier pair of rows (J. Dalton, Mind over Markets, 1990)."""
    outputs = np.full((3, len(h)), math.nan)
    for now in range(period - 1, len(h)):
        window = h[now - period + 1 : now + 1]
        if window.volume.sum() == 0:
            continue
        low, high = window.low.min(), window.high.max()
        if low == high:
            outputs[:, now] = low
            continue
        edges = low + (high - low) / 24 * np.arange(25)
        rows = np.zeros(24)
        for bar in range(period):
            if window.high[bar] == window.low[bar]:
                rows[min(int((window.low[bar] - low) / ((high - low) / 24)), 23)] += window.volume[bar]
                continue
            overlap = np.minimum(window.high[bar], edges[1:]) - np.maximum(window.low[bar], edges[:-1])
            rows += window.volume[bar] * np.maximum(overlap, 0) / (window.high[bar] - window.low[bar])
        control = min(np.flatnonzero(rows >= rows.max() * (1 - 1e-9)), key=lambda row: abs(row - 11.5))
        first = last = control
        while rows[first : last + 1].sum() < 0.7 * rows.sum() * (1 - 1e-9):
            above, below = rows[last + 1 : last + 3].sum(), rows[max(first - 2, 0) : first].sum()
            if last < 23 and (first == 0 or above >= below * (1 - 1e-9)):
                last = min(last + 2, 23)
            else:
                first = max(first - 2, 0)
        outputs[:, now] = (edges[control] + edges[control + 1]) / 2, edges[last + 1], edges[first]
    return tuple(outputs)


PRICES = {
    "STOCH": lambda h, p: stoch(h, p.k, p.slowing, p.d),
    "KDJ": lambda h, p: kdj(h, p.k, p.slowing, p.d),
    "WILLIAMS": lambda h, p: williams(h, p.period),
    "CCI": lambda h, p: cci(h, p.period),
    "UO": lambda h, p: ultimate(h),
    "AO": lambda h, p: awesome(h),
    "AC": lambda h, p: accelerator(h),
    "BOP": lambda h, p: (over(h.close - h.open, h.high - h.low),),
    "ATR": lambda h, p: (wilder(h.true_range, p.period),),
    "NATR": lambda h, p: (100 * over(wilder(h.true_range, p.period), h.close),),
    "TRANGE": lambda h, p: (h.true_range,),
    "THERMO": lambda h, p: thermometer(h, p.period),
    "CHOP": lambda h, p: choppiness(h, p.period),
    "KC": lambda h, p: keltner(h, p.period, p.multiplier),
    "DC": lambda h, p: donchian(h, p.period),
    "SQUEEZE": lambda h, p: squeeze(h, p.period, p.multiplier),
    "OBV": lambda h, p: obv(h),
    "VWAP": lambda h, p: vwap(h),
    "AD": lambda h, p: (np.cumsum(flow(h)),),
    "CMF": lambda h, p: (over(total(flow(h), p.period), total(h.volume, p.period)),),
    "EMV": lambda h, p: ease(h, p.period),
    "FI": lambda h, p: (ema(change(h.close) * h.volume, p.period),),
    "NVI": lambda h, p: volume_index(h, -1),
    "PVI": lambda h, p: volume_index(h, 1),
    "PVT": lambda h, p: price_volume_trend(h),
    "VROC": lambda h, p: (100 * over(change(h.volume, p.period), shift(h.volume, p.period)),),
    "MFI": lambda h, p: money_flow(h, p.period),
    "KVO": lambda h, p: klinger(h),
    "ADX": lambda h, p: directional(h, p.period),
    "DMI": lambda h, p: (*directional(h, p.period)[1:], directional(h, p.period)[0]),
    "AROON": lambda h, p: aroon(h, p.period),
    "VORTEX": lambda h, p: vortex(h, p.period),
    "PSAR": lambda h, p: parabolic(h),
    "Ichimoku": lambda h, p: ichimoku(h),
    "VolumeProfile": lambda h, p: profile(h, p.period),
    "MarketStructure": lambda h, p: swings(h, p.period),
}
