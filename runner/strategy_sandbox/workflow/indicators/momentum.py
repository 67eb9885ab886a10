"""How fast the price moves: RSI STOCHRSI ROC MOM TSI PPO PMO MACD RMI IFT_RSI QQE DPO INERTIA."""

import math
from collections.abc import Callable, Mapping

from strategy_sandbox.workflow.indicators.bars import PriceBar
from strategy_sandbox.workflow.indicators.formula import Chain, Definition, Filter, Formula, OfValue, Reads, ratio
from strategy_sandbox.workflow.indicators.moving_averages import wma
from strategy_sandbox.workflow.indicators.parameters import Parameters
from strategy_sandbox.workflow.indicators.ranges import Change
from strategy_sandbox.workflow.indicators.rolling import Lag, Variance, highest, lowest, regression_end, sma
from strategy_sandbox.workflow.indicators.smoothing import Delayed, Smoothed, ema, wilder

RMI_MOMENTUM = 5
PMO_PERIODS = (35, 20, 10)
QQE_SMOOTHING = 5
QQE_FACTOR = 4.236
IFT_SMOOTHING = 9
RVI_DEVIATION, RVI_PERIOD = 10, 14


class Momentum(Filter):
    memory = ("past",)

    def __init__(self, bars: int) -> None:
        self.warm_up = bars + 1
        self.past = Lag(bars)

    def take(self, value: float) -> float:
        return value - self.past.step(value)


class RateOfChange(Filter):
    """In percent."""

    memory = ("past",)

    def __init__(self, bars: int) -> None:
        self.warm_up = bars + 1
        self.past = Lag(bars)

    def take(self, value: float) -> float:
        past = self.past.step(value)
        return 100 * ratio(value - past, past)


class RelativeStrength(Filter):
    """The share of the gains in all moves over `momentum` bars, Wilder-smoothed."""

    memory = ("momentum", "gains", "losses")

    def __init__(self, period: int, momentum: int = 1) -> None:
        self.warm_up = period + momentum
        self.momentum = Momentum(momentum)
        self.gains, self.losses = wilder(period), wilder(period)

    def take(self, value: float) -> float:
        move = self.momentum.step(value)
        gains, losses = self.gains.step(max(move, 0.0)), self.losses.step(max(-move, 0.0))
        return 100 * ratio(gains, gains + losses)


class Position(Filter):
    """Where the value is between the lowest (0) and the highest (100) of the window."""

    memory = ("high", "low")

    def __init__(self, period: int) -> None:
        self.warm_up = period
        self.high, self.low = highest(period), lowest(period)

    def take(self, value: float) -> float:
        high, low = self.high.step(value), self.low.step(value)
        return 100 * ratio(value - low, high - low)


class Smoothings(Formula):
    """A filter, and a smoothing of what it gives: %K and %D, a line and its signal."""

    memory = ("line", "signal")

    def __init__(self, line: Filter, signal: Filter) -> None:
        self.warm_up = line.warm_up + signal.warm_up - 1
        self.line = line
        self.signal = signal

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        line = self.line.step(value)
        return line, self.signal.step(line)


class WithHistogram(Smoothings):
    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        line, signal = super().step(bar, value)
        return line, signal, line - signal


class Convergence(Filter):
    """Fast less slow EMA; both seeds end on the same bar, as in TA-Lib's MACD."""

    memory = ("fast", "slow")

    def __init__(self, fast: int, slow: int) -> None:
        self.warm_up = slow
        self.fast, self.slow = Delayed(slow - fast, ema(fast)), ema(slow)

    def take(self, value: float) -> float:
        return self.fast.step(value) - self.slow.step(value)


class PercentageConvergence(Filter):
    """Fast less slow EMA in percent of the slow one; each seed begins with the first bar, as in TA-Lib's PPO."""

    memory = ("fast", "slow")

    def __init__(self, fast: int, slow: int) -> None:
        self.warm_up = slow
        self.fast, self.slow = ema(fast), ema(slow)

    def take(self, value: float) -> float:
        fast, slow = self.fast.step(value), self.slow.step(value)
        return 100 * ratio(fast - slow, slow)


class TrueStrength(Filter):
    """The twice smoothed change against the twice smoothed size of the change."""

    memory = ("change", "net", "size")

    def __init__(self, long: int, short: int) -> None:
        self.warm_up = long + short
        self.change = Change()
        self.net, self.size = Chain(ema(long), ema(short)), Chain(ema(long), ema(short))

    def take(self, value: float) -> float:
        change = self.change.step(value)
        return 100 * ratio(self.net.step(change), self.size.step(abs(change)))


class InverseFisher(Filter):
    """The hyperbolic tangent of a smoothed RSI that was brought to -5 … 5."""

    memory = ("rsi", "smoothing")

    def __init__(self, period: int) -> None:
        self.rsi = RelativeStrength(period)
        self.smoothing = wma(IFT_SMOOTHING)
        self.warm_up = self.rsi.warm_up + IFT_SMOOTHING - 1

    def take(self, value: float) -> float:
        return math.tanh(self.smoothing.step(0.1 * (self.rsi.step(value) - 50)))


class Qqe(Formula):
    """A smoothed RSI and a line that trails it by a multiple of its own smoothed moves."""

    memory = ("rsi", "change", "moves", "before", "trail")

    def __init__(self, period: int) -> None:
        self.rsi = Chain(RelativeStrength(period), ema(QQE_SMOOTHING))
        self.change = Change()
        self.moves = Chain(ema(2 * period - 1), ema(2 * period - 1))
        self.before = math.nan
        self.trail = 0.0
        self.warm_up = self.rsi.warm_up + self.moves.warm_up

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        rsi = self.rsi.step(value)
        before, self.before = self.before, rsi
        moves = self.moves.step(abs(self.change.step(rsi)))
        if math.isnan(moves):
            return (rsi, math.nan)
        self.trail = self._follow(before, rsi, QQE_FACTOR * moves)
        return (rsi, self.trail)

    def _follow(self, before: float, rsi: float, distance: float) -> float:
        """The line only moves towards the RSI while the RSI stays on its side."""
        if rsi < self.trail:
            above = rsi + distance
            return min(above, self.trail) if before < self.trail else above
        if rsi > self.trail:
            below = rsi - distance
            return max(below, self.trail) if before > self.trail else below
        return self.trail


class Detrended(Filter):
    """The value of half a period (and one bar) ago less the average of today: nothing of the future is needed."""

    memory = ("past", "average")

    def __init__(self, period: int) -> None:
        self.past, self.average = Lag(period // 2 + 1), sma(period)
        self.warm_up = max(self.past.warm_up, period)

    def take(self, value: float) -> float:
        return self.past.step(value) - self.average.step(value)


class RelativeVolatility(Filter):
    """The RSI of standard deviations: those of rising bars against all."""

    memory = ("change", "variance", "rising", "falling")

    def __init__(self) -> None:
        self.change = Change()
        self.variance = Variance(RVI_DEVIATION)
        self.rising, self.falling = wilder(RVI_PERIOD), wilder(RVI_PERIOD)
        self.warm_up = RVI_DEVIATION + RVI_PERIOD - 1

    def take(self, value: float) -> float:
        change, variance = self.change.step(value), self.variance.step(value)
        if math.isnan(variance):
            return math.nan
        deviation = math.sqrt(variance)
        rising = self.rising.step(deviation if change > 0 else 0.0)
        falling = self.falling.step(deviation if change < 0 else 0.0)
        return 50.0 if rising + falling == 0 else 100 * rising / (rising + falling)


class Scaled(Filter):
    memory = ("filter",)

    def __init__(self, of: Filter, factor: float) -> None:
        self.warm_up = of.warm_up
        self.filter = of
        self._factor = factor

    def take(self, value: float) -> float:
        return self._factor * self.filter.step(value)


def price_momentum() -> Formula:
    """DecisionPoint's smoothing weighs 2 / period, not 2 / (period + 1)."""
    first, second, signal = PMO_PERIODS
    line = Chain(RateOfChange(1), Scaled(Smoothed(first, 2 / first), 10.0), Smoothed(second, 2 / second))
    return Smoothings(line, ema(signal))


def _stochastic_rsi(given: Parameters) -> Formula:
    rsi = RelativeStrength(given.period(least=2))
    k_period, slowing, d_period = stochastic_periods(given)
    return Smoothings(Chain(rsi, Position(k_period), sma(slowing)), sma(d_period))


def stochastic_periods(given: Parameters) -> tuple[int, int, int]:
    return given.whole("kPeriod", 14), given.whole("slowing", 3), given.whole("dPeriod", 3)


def _with_signal(of: Callable[[int, int], Filter]) -> Callable[[Parameters], Formula]:
    return lambda given: WithHistogram(of(*given.fast_and_slow()), ema(given.whole("signalPeriod", 9)))


def _true_strength(given: Parameters) -> Formula:
    short, long = given.fast_and_slow()
    return Smoothings(TrueStrength(long, short), ema(given.whole("signalPeriod", 9)))


def _of_period(of: Callable[[int], Filter], least: int = 1) -> Definition:
    return Definition(("value",), Reads.VALUE, lambda given: OfValue(of(given.period(least))))


FAMILY: Mapping[str, Definition] = {
    "RSI": _of_period(RelativeStrength, least=2),
    "STOCHRSI": Definition(("k", "d"), Reads.VALUE, _stochastic_rsi),
    "ROC": _of_period(RateOfChange),
    "MOM": _of_period(Momentum),
    "TSI": Definition(("tsi", "signal"), Reads.VALUE, _true_strength),
    "PPO": Definition(("ppo", "signal", "histogram"), Reads.VALUE, _with_signal(PercentageConvergence)),
    "PMO": Definition(("value", "signal"), Reads.VALUE, lambda given: price_momentum()),
    "QQE": Definition(("value", "signal"), Reads.VALUE, lambda given: Qqe(given.period(least=2))),
    "RMI": _of_period(lambda period: RelativeStrength(period, RMI_MOMENTUM), least=2),
    "IFT_RSI": _of_period(InverseFisher, least=2),
    "MACD": Definition(("macd", "signal", "histogram"), Reads.VALUE, _with_signal(Convergence)),
    "INERTIA": _of_period(lambda period: Chain(RelativeVolatility(), regression_end(period)), least=2),
    "DPO": _of_period(Detrended, least=2),
}
