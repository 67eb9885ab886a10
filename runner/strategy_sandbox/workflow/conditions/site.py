"""Where a condition stands: what is wired into it, its parameters, and the bars under it.

A rule is made once from its site, asking for as much history as it needs, and is then asked at every bar.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from strategy_sandbox.workflow.tapes import View

Rule = Callable[[], bool]
"""Whether the condition holds at the newest bar; raises Undefined while that is not known."""

STRENGTHS: Final = {"weak": 0.2, "moderate": 0.3, "strong": 0.5, "very_strong": 0.7}
"""Kaufman's efficiency ratio from which a trend is called so."""


@dataclass(frozen=True)
class Site:
    """`data`, `level` and the columns give views of so many newest values."""

    data: Callable[[int], View]
    level: Callable[[int], View]
    """What is wired into value-input, else the parameter `value` at every bar."""
    aux: Callable[[int], View] | None
    column: Callable[[str, int], View]
    """Of the bars that the data come from."""
    indicator: Callable[[str, Mapping[str, Any], str, int], View]
    """Code, parameters, output, count: of the data (or of their bars)."""
    folded: Callable[[str, str, int], View]
    """Higher timeframe, column, count: of bars folded from those under the condition, as far as they have closed."""
    parameters: Mapping[str, Any]
    data_code: str | None
    """The indicator that the data come from; None for prices."""
    level_is_wired: bool

    def number(self, name: str, default: float) -> float:
        value = self.parameters.get(name)
        return default if value is None else float(value)

    def whole(self, name: str, default: int) -> int:
        return int(self.number(name, default))

    @property
    def value(self) -> float:
        return self.number("value", 0.0)

    @property
    def lookback(self) -> int:
        return self.whole("lookback", 1)

    @property
    def sensitivity(self) -> float:
        return self.number("sensitivity", 1.0)

    @property
    def confirmation(self) -> int:
        return self.whole("confirmationBars", 0)

    def span(self, default: int) -> int:
        """The lookback where a window is meant: the editor's own 1 is no window."""
        return self.lookback if self.lookback >= 2 else default

    def structure(self) -> int:
        """The window in which levels are looked for."""
        if "structureLookback" in self.parameters:
            return self.whole("structureLookback", 50)
        return self.span(50)

    def words(self, name: str) -> str | None:
        value = self.parameters.get(name)
        return None if value is None else str(value)
