"""How fast the price moves: MOM ROC MACD PPO PMO TSI DPO."""

from collections.abc import Callable, Mapping

from strategy_sandbox.workflow.indicators.formula import Chain, Definition, Filter, Formula, OfValue, Reads, ratio
from strategy_sandbox.workflow.indicators.parameters import Parameters
from strategy_sandbox.workflow.indicators.ranges import Change
from strategy_sandbox.workflow.indicators.rolling import Lag, sma
from strategy_sandbox.workflow.indicators.signal_lines import WithHistogram, WithSignal
from strategy_sandbox.workflow.indicators.smoothing import Delayed, Smoothed, ema

PMO_PERIODS = (35, 20, 10)


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


class Detrended(Filter):
    """The value of half a period (and one bar) ago less the average of today: nothing of the future is needed."""

    memory = ("past", "average")

    def __init__(self, period: int) -> None:
        self.past, self.average = Lag(period // 2 + 1), sma(period)
        self.warm_up = max(self.past.warm_up, period)

    def take(self, value: float) -> float:
        return self.past.step(value) - self.average.step(value)


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
    return WithSignal(line, ema(signal))


def _with_signal(of: Callable[[int, int], Filter]) -> Callable[[Parameters], Formula]:
    return lambda given: WithHistogram(of(*given.fast_and_slow()), ema(given.whole("signalPeriod", 9)))


def _true_strength(given: Parameters) -> Formula:
    short, long = given.fast_and_slow()
    return WithSignal(TrueStrength(long, short), ema(given.whole("signalPeriod", 9)))


def _of_period(of: Callable[[int], Filter], least: int = 1) -> Definition:
    return Definition(("value",), Reads.VALUE, lambda given: OfValue(of(given.period(least))))


FAMILY: Mapping[str, Definition] = {
    "MOM": _of_period(Momentum),
    "ROC": _of_period(RateOfChange),
    "MACD": Definition(("macd", "signal", "histogram"), Reads.VALUE, _with_signal(Convergence)),
    "PPO": Definition(("ppo", "signal", "histogram"), Reads.VALUE, _with_signal(PercentageConvergence)),
    "PMO": Definition(("value", "signal"), Reads.VALUE, lambda given: price_momentum()),
    "TSI": Definition(("tsi", "signal"), Reads.VALUE, _true_strength),
    "DPO": _of_period(Detrended, least=2),
}
