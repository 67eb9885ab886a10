"""A line and a smoothing of it: what MACD, TSI, PMO and the Stochastic RSI have in common."""

from strategy_sandbox.workflow.indicators.bars import PriceBar
from strategy_sandbox.workflow.indicators.formula import Filter, Formula


class WithSignal(Formula):
    """A filter, and a smoothing of what it gives: %K and %D, a line and its signal."""

    memory = ("line", "signal")

    def __init__(self, line: Filter, signal: Filter) -> None:
        self.warm_up = line.warm_up + signal.warm_up - 1
        self.line = line
        self.signal = signal

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        line = self.line.step(value)
        return line, self.signal.step(line)


class WithHistogram(WithSignal):
    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        line, signal = super().step(bar, value)
        return line, signal, line - signal
