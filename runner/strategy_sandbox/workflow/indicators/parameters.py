"""The parameters of an indicator node, checked.

A missing one takes the editor's default, a wrong one is refused by name.
"""

from collections.abc import Mapping
from typing import Any

LONGEST_PERIOD = 1_000
EDITOR_PERIOD = 20
"""What the editor shows, and the author therefore saw, when no period was stored."""


class IndicatorError(ValueError):
    """The message is a sentence for the author of the drawing."""


class Parameters:
    def __init__(self, code: str, given: Mapping[str, Any]) -> None:
        self._code = code
        self._given = given

    def period(self, least: int = 1) -> int:
        return self.whole("period", EDITOR_PERIOD, least)

    def whole(self, name: str, default: int, least: int = 1) -> int:
        number = self._number(name, default)
        if not number.is_integer() or not least <= number <= LONGEST_PERIOD:
            raise self._refusal(name, f"a whole number from {least} to {LONGEST_PERIOD}")
        return int(number)

    def number(self, name: str, default: float, least: float, most: float) -> float:
        number = self._number(name, default)
        if not least <= number <= most:
            raise self._refusal(name, f"a number from {least:g} to {most:g}")
        return number

    def fast_and_slow(self) -> tuple[int, int]:
        fast, slow = self.whole("fastPeriod", 12), self.whole("slowPeriod", 26)
        if fast >= slow:
            raise IndicatorError(f"{self._code}: fastPeriod ({fast}) must be less than slowPeriod ({slow})")
        return fast, slow

    def stochastic_periods(self) -> tuple[int, int, int]:
        """%K, its slowing, %D."""
        return self.whole("kPeriod", 14), self.whole("slowing", 3), self.whole("dPeriod", 3)

    def _number(self, name: str, default: float) -> float:
        given = self._given.get(name)
        if given is None:
            return float(default)
        if isinstance(given, bool) or not isinstance(given, int | float):
            raise self._refusal(name, "a number")
        return float(given) if abs(given) <= 1e15 else float("nan")

    def _refusal(self, name: str, wanted: str) -> IndicatorError:
        return IndicatorError(f"{self._code}: {name} must be {wanted}, not {self._given.get(name)!r}")
