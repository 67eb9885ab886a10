"""The steps of a plan: each runs once when its clock ticks, after the steps it reads from.

Signals are three-valued (Kleene): false AND anything is false, true OR anything is true, NOT undefined is undefined.
"""

import math
from collections import deque
from collections.abc import Sequence
from typing import Any, Protocol

from strategy_sandbox.workflow.conditions.site import Rule
from strategy_sandbox.workflow.indicators import Indicator, PriceBar, source_value
from strategy_sandbox.workflow.streams import BarStream, Folding
from strategy_sandbox.workflow.tapes import Tape, Undefined

TRUE, FALSE, UNKNOWN = 1.0, 0.0, math.nan


class Step(Protocol):
    """What it remembers beyond tapes goes through snapshot and restore; plain lists and numbers."""

    clock: str

    def run(self) -> None: ...

    def snapshot(self) -> list[Any]: ...

    def restore(self, state: list[Any]) -> None: ...


class Forgetful:
    """A step that remembers nothing beyond its tapes."""

    def snapshot(self) -> list[Any]:
        return []

    def restore(self, state: list[Any]) -> None:
        """Nothing was kept."""


class Hold(Forgetful):
    """Shows a tape of another clock as it stands when this clock ticks."""

    def __init__(self, clock: str, source: Tape, output: Tape) -> None:
        self.clock, self._source, self._output = clock, source, output

    def run(self) -> None:
        self._output.push(self._source.newest)


class Fold:
    """Gives a bar of the higher timeframe when one has closed: then `emitted` is True and its clock ticks too."""

    def __init__(self, clock: str, source: BarStream, folding: Folding, output: BarStream, ticks: str) -> None:
        self.clock, self.ticks = clock, ticks
        self.emitted = False
        self._source, self._folding, self._output = source, folding, output

    def run(self) -> None:
        assert self._source.bar is not None
        folded = self._folding.take(self._source.bar)
        self.emitted = folded is not None
        if folded is not None:
            self._output.take(folded)

    def snapshot(self) -> list[Any]:
        return self._folding.snapshot()

    def restore(self, state: list[Any]) -> None:
        self._folding.restore(state)


class IndicatorStep:
    """An indicator of bars, or of the values of another step with the bars of its clock beside them."""

    def __init__(
        self, clock: str, indicator: Indicator, bars: BarStream, source: str | Tape, outputs: Sequence[Tape]
    ) -> None:
        self.clock = clock
        self._indicator, self._bars, self._source, self._outputs = indicator, bars, source, tuple(outputs)

    def run(self) -> None:
        bar = self._bars.bar
        assert bar is not None
        for tape, value in zip(self._outputs, self._indicator.update(bar, self._value(bar)), strict=True):
            tape.push(value)

    def _value(self, bar: PriceBar) -> float:
        return source_value(bar, self._source) if isinstance(self._source, str) else self._source.newest

    def snapshot(self) -> list[Any]:
        return self._indicator.snapshot()

    def restore(self, state: list[Any]) -> None:
        self._indicator.restore(state)


class ConditionStep:
    """A rule, and its confirmation: it must have held on so many bars before, too."""

    def __init__(self, clock: str, rule: Rule, confirmation: int, output: Tape) -> None:
        self.clock, self._rule, self._output = clock, rule, output
        self._held: deque[float] = deque(maxlen=confirmation + 1)

    def run(self) -> None:
        try:
            now = TRUE if self._rule() else FALSE
        except Undefined:
            now = UNKNOWN
        self._held.append(now)
        self._output.push(_all(self._held) if len(self._held) == self._held.maxlen or now == FALSE else UNKNOWN)

    def snapshot(self) -> list[Any]:
        return list(self._held)

    def restore(self, state: list[Any]) -> None:
        self._held = deque(state, maxlen=self._held.maxlen)


class LogicStep(Forgetful):
    """AND, OR, NOT or XOR of its inputs; XOR is true for an odd number of true ones."""

    def __init__(self, clock: str, operation: str, inputs: Sequence[Tape], output: Tape) -> None:
        self.clock = clock
        self._operation, self._inputs, self._output = operation, tuple(inputs), output

    def run(self) -> None:
        values = [tape.newest for tape in self._inputs]
        match self._operation:
            case "and":
                result = _all(values)
            case "or":
                result = _not(_all([_not(value) for value in values]))
            case "xor":
                result = UNKNOWN if any(map(math.isnan, values)) else float(sum(values) % 2)
            case _:
                result = _not(values[0])
        self._output.push(result)


def _all(values: Sequence[float] | deque[float]) -> float:
    if FALSE in values:
        return FALSE
    return UNKNOWN if any(map(math.isnan, values)) else TRUE


def _not(value: float) -> float:
    return 1.0 - value


class RuleStep(Forgetful):
    """One rule, and a wired signal beside it, if there is one."""

    def __init__(self, clock: str, rule: Rule, signal: Tape | None, output: Tape) -> None:
        self.clock, self._rule, self._signal, self._output = clock, rule, signal, output

    def run(self) -> None:
        try:
            allowed = TRUE if self._rule() else FALSE
        except Undefined:
            allowed = UNKNOWN
        self._output.push(allowed if self._signal is None else _all([allowed, self._signal.newest]))
