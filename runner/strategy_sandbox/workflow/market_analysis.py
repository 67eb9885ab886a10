"""The four analysis nodes: risk, market regime, correlation of two series, and sentiment, as exact steps."""

import math
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any, Final

from strategy_sandbox.workflow.conditions.site import Rule
from strategy_sandbox.workflow.figures import correlation, mean, percent, returns
from strategy_sandbox.workflow.steps import FALSE, TRUE, UNKNOWN, Forgetful
from strategy_sandbox.workflow.tapes import Tape, Undefined, View

_MAX_LOSS: Final = 5.0


def calm_enough(parameters: Mapping[str, Any], close: Tape) -> Rule:
    """The close has not moved by more than `maxLoss` percent with this bar, in either direction."""
    limit, closes = float(parameters.get("maxLoss", _MAX_LOSS)), close.view(2)
    return lambda: abs(percent((values := closes())[0], values[1])) <= limit


class RegimeStep:
    """Trend: above its average by more than the threshold. Volatile: more so than its own median. Else sideways."""

    def __init__(self, clock: str, parameters: Mapping[str, Any], data: Tape, outputs: Mapping[str, Tape]) -> None:
        self.clock = clock
        window = int(parameters.get("trendWindow", parameters.get("lookback", 50)))
        volatility = int(parameters.get("volatilityWindow", max(10, window // 2)))
        self._trend, self._changes = data.view(window), data.view(volatility + 1)
        self._volatility = Tape()
        self._volatilities = self._volatility.view(volatility)
        self._bias = 1 + float(parameters.get("trendThreshold", 0.0))
        self._times = float(parameters.get("volatilityMultiplier", 1.5))
        self._outputs = outputs

    def run(self) -> None:
        trend = _truth(lambda: (values := self._trend())[-1] > mean(values) * self._bias)
        self._volatility.push(_sample_deviation(self._changes))
        volatile = _truth(lambda: (values := self._volatilities())[-1] > median(values) * self._times)
        known = not math.isnan(trend + volatile)
        sideways = FALSE if TRUE in (trend, volatile) else TRUE if known else UNKNOWN
        for name, value in (("trend", trend), ("volatile", volatile), ("sideways", sideways)):
            self._outputs[f"{name}-output"].push(value)

    def snapshot(self) -> list[Any]:
        return list(self._volatility.values)

    def restore(self, state: list[Any]) -> None:
        self._volatility.values.clear()
        self._volatility.values.extend(state)


def _truth(rule: Rule) -> float:
    try:
        return TRUE if rule() else FALSE
    except Undefined:
        return UNKNOWN


def _sample_deviation(view: View) -> float:
    try:
        changes = returns(view())
    except Undefined:
        return UNKNOWN
    middle = mean(changes)
    return math.sqrt(math.fsum((change - middle) ** 2 for change in changes) / (len(changes) - 1))


class CorrelationStep(Forgetful):
    """Pearson's coefficient of the relative changes of two series over a window."""

    def __init__(self, clock: str, parameters: Mapping[str, Any], inputs: Sequence[Tape], output: Tape) -> None:
        self.clock, self._output = clock, output
        window = int(parameters.get("window", parameters.get("lookback", 30)))
        self._left, self._right = (tape.view(window + 1) for tape in inputs)

    def run(self) -> None:
        try:
            self._output.push(correlation(returns(self._left()), returns(self._right())))
        except Undefined:
            self._output.push(UNKNOWN)


class SentimentStep(Forgetful):
    """The mean of the newest values, of prices that of their changes in percent, against a threshold on both sides."""

    def __init__(
        self, clock: str, parameters: Mapping[str, Any], data: Tape, outputs: Mapping[str, Tape], *, of_prices: bool
    ) -> None:
        self.clock, self._outputs, self._of_prices = clock, outputs, of_prices
        window = int(parameters.get("smoothing", parameters.get("window", 14)))
        self._values = data.view(window + 1 if of_prices else window)
        self._threshold = float(parameters.get("threshold", 0.05))

    def run(self) -> None:
        try:
            values = self._values()
            score = 100 * mean(returns(values)) if self._of_prices else mean(values)
        except Undefined:
            score = UNKNOWN
        for name, holds in (
            ("positive", score > self._threshold),
            ("negative", score < -self._threshold),
            ("neutral", abs(score) <= self._threshold),
        ):
            self._outputs[f"{name}-output"].push(UNKNOWN if math.isnan(score) else float(holds))
