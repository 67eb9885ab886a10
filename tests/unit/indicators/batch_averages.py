"""Batch formulas of the averages and of what follows the source alone, each with its author."""

import math

import numpy as np
import talib

from unit.indicators.batch_steps import (
    Column,
    History,
    bottom,
    change,
    ema,
    gains,
    line_end,
    over,
    recursion,
    shift,
    sma,
    smoothed,
    top,
    total,
    variance,
    weighted,
    wilder,
    wma,
)

Columns = tuple[Column, ...]


def dema(h: History, period: int) -> Columns:
    """P. Mulloy, Smoothing Data with Faster Moving Averages, 1994."""
    once = ema(h.value, period)
    return (2 * once - ema(once, period),)


def tema(h: History, period: int) -> Columns:
    """P. Mulloy, Smoothing Data with Less Lag, 1994."""
    once = ema(h.value, period)
    twice = ema(once, period)
    return (3 * once - 3 * twice + ema(twice, period),)


def t3(h: History, period: int) -> Columns:
    """T. Tillson, Smoothing Techniques for More Accurate Signals, 1998: GD(GD(GD)), volume factor 0.7."""
    stages = [h.value]
    for _ in range(6):
        stages.append(ema(stages[-1], period))
    a = 0.7
    factors = (-(a**3), 3 * a**2 + 3 * a**3, -6 * a**2 - 3 * a - 3 * a**3, 1 + 3 * a + a**3 + 3 * a**2)
    return (sum((factor * stages[6 - place] for place, factor in enumerate(factors)), np.zeros(len(h))),)


def hma(h: History, period: int) -> Columns:
    """A. Hull, Hull Moving Average, 2005."""
    return (wma(2 * wma(h.value, period // 2) - wma(h.value, period), int(math.sqrt(period))),)


def zlema(h: History, period: int) -> Columns:
    """J. Ehlers and R. Way, Zero Lag (Well, Almost), 2010, in TA-Lib's form."""
    return (ema(2 * h.value - shift(h.value, (period - 1) // 2), period),)


def alma(h: History, period: int) -> Columns:
    """A. Legoux and D. Kouzis-Loukas, Arnaud Legoux Moving Average, 2009: offset 0.85, sigma 6."""
    middle, sigma = 0.85 * (period - 1), period / 6
    return (weighted(h.value, [math.exp(-((i - middle) ** 2) / (2 * sigma * sigma)) for i in range(period)]),)


def trima(h: History, period: int) -> Columns:
    """A mean of means."""
    half = (period + 1) // 2
    return (sma(sma(h.value, half), period + 1 - half),)


def vwma(h: History, period: int) -> Columns:
    volume = total(h.volume, period)
    return (total(h.value * h.volume, period) / np.where(volume == 0, math.nan, volume),)


def kama(h: History, period: int) -> Columns:
    """P. Kaufman, Smarter Trading, 1995: fastest 2, slowest 30."""
    way = total(np.abs(change(h.value)), period)
    ratio = np.where(way == 0, 1.0, np.abs(change(h.value, period)) / np.where(way == 0, 1.0, way))
    speed = (ratio * (2 / 3 - 2 / 31) + 2 / 31) ** 2
    seed = h.value[period - 1] if len(h) >= period else math.nan
    return (recursion(len(h), period, lambda i, level: speed[i] * h.value[i] + (1 - speed[i]) * level, seed),)


def vidya(h: History, period: int) -> Columns:
    """T. Chande and S. Kroll, The New Technical Trader, 1994: speed by the absolute momentum oscillator."""
    moves = change(h.value)
    momentum = np.abs(over(total(moves, period), total(np.abs(moves), period)))
    speed = 2 / (period + 1) * momentum
    seed = h.value[period - 1] if len(h) >= period else math.nan
    return (recursion(len(h), period, lambda i, level: speed[i] * h.value[i] + (1 - speed[i]) * level, seed),)


def frama(h: History, period: int) -> Columns:
    """J. Ehlers, FRAMA - Fractal Adaptive Moving Average, 2005."""
    half = (period + 1) // 2
    n1 = (top(h.high, half) - bottom(h.low, half)) / half
    n2 = shift(n1, half)
    n3 = (top(h.high, 2 * half) - bottom(h.low, 2 * half)) / (2 * half)
    dimension = 0.0

    def step(at: int, level: float) -> float:
        nonlocal dimension
        if n1[at] > 0 and n2[at] > 0 and n3[at] > 0:
            dimension = (math.log(n1[at] + n2[at]) - math.log(n3[at])) / math.log(2)
        alpha = min(max(math.exp(-4.6 * (dimension - 1)), 0.01), 1.0)
        return alpha * h.value[at] + (1 - alpha) * level

    seed = h.value[2 * half - 1] if len(h) >= 2 * half else math.nan
    return (recursion(len(h), 2 * half, step, seed),)


def relative_strength(value: Column, period: int, momentum: int = 1) -> Column:
    moves = change(value, momentum)
    up, down = wilder(gains(moves), period), wilder(gains(-moves), period)
    return 100 * over(up, up + down)


def rsi(h: History, period: int) -> Columns:
    """J. W. Wilder, New Concepts in Technical Trading Systems, 1978."""
    return (relative_strength(h.value, period),)


def rmi(h: History, period: int) -> Columns:
    """R. Altman, Relative Momentum Index: Modifying RSI, 1993: momentum of 5 bars."""
    return (relative_strength(h.value, period, 5),)


def ift_rsi(h: History, period: int) -> Columns:
    """J. Ehlers, The Inverse Fisher Transform, 2004: the 9-bar WMA of 0.1 (RSI - 50)."""
    v = wma(0.1 * (relative_strength(h.value, period) - 50), 9)
    return ((np.exp(2 * v) - 1) / (np.exp(2 * v) + 1),)


def stochrsi(h: History, period: int, k: int, slowing: int, d: int) -> Columns:
    """T. Chande and S. Kroll, The New Technical Trader, 1994."""
    strength = relative_strength(h.value, period)
    low = bottom(strength, k)
    spread = np.where(top(strength, k) - low < 1e-9, 0.0, top(strength, k) - low)
    fast = sma(100 * over(strength - low, spread), slowing)
    return fast, sma(fast, d)


def qqe(h: History, period: int) -> Columns:
    """R. Ignatov, Quantitative Qualitative Estimation (MetaTrader), 2006: smoothing 5, factor 4.236."""
    line = ema(relative_strength(h.value, period), 5)
    reach = 4.236 * ema(ema(np.abs(change(line)), 2 * period - 1), 2 * period - 1)

    def step(at: int, before: float) -> float:
        now, past = line[at], line[at - 1]
        if now < before:
            return min(now + reach[at], before) if past < before else now + reach[at]
        if now > before:
            return max(now - reach[at], before) if past > before else now - reach[at]
        return before

    start = int(np.argmax(~np.isnan(reach))) if (~np.isnan(reach)).any() else len(h)
    return line, recursion(len(h), start, step, 0.0)


def macd(h: History, fast: int, slow: int, signal: int) -> Columns:
    """G. Appel, 1979; TA-Lib lets the seed of the fast average end where the slow one's does."""
    late = h.value.copy()
    late[: slow - fast] = math.nan
    line = ema(late, fast) - ema(h.value, slow)
    return line, ema(line, signal), line - ema(line, signal)


def ppo(h: History, fast: int, slow: int, signal: int) -> Columns:
    line = 100 * over(ema(h.value, fast) - ema(h.value, slow), ema(h.value, slow))
    return line, ema(line, signal), line - ema(line, signal)


def pmo(h: History) -> Columns:
    """C. Swenlin, DecisionPoint Price Momentum Oscillator: 35, 20 and a signal of 10."""
    rate = 100 * over(change(h.value), shift(h.value, 1))
    line = smoothed(10 * smoothed(rate, 35, 2 / 35), 20, 2 / 20)
    return line, ema(line, 10)


def tsi(h: History, fast: int, slow: int, signal: int) -> Columns:
    """W. Blau, True Strength Index, 1991."""
    moves = change(h.value)
    line = 100 * over(ema(ema(moves, slow), fast), ema(ema(np.abs(moves), slow), fast))
    return line, ema(line, signal)


def inertia(h: History, period: int) -> Columns:
    """D. Dorsey, The Relative Volatility Index, 1993, and The Inertia Indicator, 1995."""
    deviation, moves = np.sqrt(variance(h.value, 10)), change(h.value)
    up = wilder(np.where(np.isnan(deviation), math.nan, np.where(moves > 0, deviation, 0.0)), 14)
    down = wilder(np.where(np.isnan(deviation), math.nan, np.where(moves < 0, deviation, 0.0)), 14)
    return (line_end(np.where(up + down == 0, 50.0, 100 * over(up, up + down)), period),)


def fisher(h: History, period: int) -> Columns:
    """J. Ehlers, Using the Fisher Transform, 2002."""
    low, high = bottom(h.value, period), top(h.value, period)
    place = np.where(high == low, 0.0, over(h.value - low, high - low) - 0.5)
    limited = recursion(len(h), period - 1, lambda i, v: clamp(0.66 * place[i] + 0.67 * v), 0.0)
    line = recursion(
        len(h), period - 1, lambda i, v: 0.5 * math.log((1 + limited[i]) / (1 - limited[i])) + 0.5 * v, 0.0
    )
    return line, shift(line, 1)


def clamp(value: float) -> float:
    return 0.999 if value > 0.99 else -0.999 if value < -0.99 else value


def bands(h: History, period: int, multiplier: float) -> Columns:
    """J. Bollinger, Bollinger on Bollinger Bands, 2001."""
    middle, reach = sma(h.value, period), multiplier * np.sqrt(variance(h.value, period))
    return middle + reach, middle, middle - reach, over(2 * reach, middle)


def ulcer(h: History, period: int) -> Columns:
    """P. Martin and B. McCann, The Investor's Guide to Fidelity Funds, 1989."""
    high = top(h.value, period)
    return (np.sqrt(sma((100 * over(h.value - high, high)) ** 2, period)),)


AVERAGES = {
    "SMA": lambda h, p: (sma(h.value, p.period),),
    "EMA": lambda h, p: (ema(h.value, p.period),),
    "WMA": lambda h, p: (wma(h.value, p.period),),
    "VWMA": lambda h, p: vwma(h, p.period),
    "HMA": lambda h, p: hma(h, p.period),
    "DEMA": lambda h, p: dema(h, p.period),
    "TEMA": lambda h, p: tema(h, p.period),
    "ZLEMA": lambda h, p: zlema(h, p.period),
    "ALMA": lambda h, p: alma(h, p.period),
    "KAMA": lambda h, p: kama(h, p.period),
    "MAMA": lambda h, p: talib.MAMA(h.value, 0.5, 0.05),
    "T3": lambda h, p: t3(h, p.period),
    "FRAMA": lambda h, p: frama(h, p.period),
    "TRIMA": lambda h, p: trima(h, p.period),
    "VIDYA": lambda h, p: vidya(h, p.period),
    "LSMA": lambda h, p: (line_end(h.value, p.period),),
    "RSI": lambda h, p: rsi(h, p.period),
    "STOCHRSI": lambda h, p: stochrsi(h, p.period, p.k, p.slowing, p.d),
    "ROC": lambda h, p: (100 * over(change(h.value, p.period), shift(h.value, p.period)),),
    "MOM": lambda h, p: (change(h.value, p.period),),
    "TSI": lambda h, p: tsi(h, p.fast, p.slow, p.signal),
    "PPO": lambda h, p: ppo(h, p.fast, p.slow, p.signal),
    "PMO": lambda h, p: pmo(h),
    "QQE": lambda h, p: qqe(h, p.period),
    "RMI": lambda h, p: rmi(h, p.period),
    "IFT_RSI": lambda h, p: ift_rsi(h, p.period),
    "MACD": lambda h, p: macd(h, p.fast, p.slow, p.signal),
    "INERTIA": lambda h, p: inertia(h, p.period),
    "DPO": lambda h, p: (shift(h.value, p.period // 2 + 1) - sma(h.value, p.period),),
    "FISHER": lambda h, p: fisher(h, p.period),
    "STDDEV": lambda h, p: (np.sqrt(variance(h.value, p.period)),),
    "VAR": lambda h, p: (variance(h.value, p.period),),
    "UI": lambda h, p: ulcer(h, p.period),
    "BB": lambda h, p: bands(h, p.period, p.multiplier),
    "BBWIDTH": lambda h, p: bands(h, p.period, p.multiplier)[3:],
}
