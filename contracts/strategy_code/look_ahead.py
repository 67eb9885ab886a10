"""Whether decisions change when later bars are known: what follows from asking about bars twice. Pure.

Asking is the caller's part: once with the bars up to the one in question, as a run does, and once out of the whole
history. Of the code only lines are looked at, to name the one that most likely brings later values to earlier bars.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

NOTHING: Final = "nothing"
_CERTAIN: Final = re.compile(
    r"shift\(\s*-|bfill|backfill|center\s*=\s*True|\[::\s*-1\]|direction\s*=\s*['\"](forward|nearest)"
)
"""What brings later values to earlier rows, as it is mostly written."""
_LIKELY: Final = re.compile(r"iloc\[\s*\w+\s*\+|\]\s*\.(mean|std|var|min|max|median|quantile|rank|sum)\(")
"""A next row by its number, and a figure of a whole column: honest in many places, so only looked for afterwards."""


@dataclass(frozen=True, slots=True)
class TwoAnswers:
    """About the bar at one place of the history: `known` with the bars up to it, `whole` with all of them."""

    place: int
    known: str
    whole: str

    @property
    def differ(self) -> bool:
        return self.known != self.whole


@dataclass(frozen=True, slots=True)
class Difference:
    """The first bar whose answers differ, and how many of those that were compared do."""

    first: TwoAnswers
    differing: int
    compared: int

    def sentence(self, bar: str) -> str:
        """For the author; `bar` names the first one."""
        return (
            f"bar {bar}: {self.first.known} with the bars up to it, {self.first.whole} when later bars are known; "
            f"{self.differing} of {self.compared} bars differ"
        )


def in_words(actions: Iterable[str]) -> str:
    """The actions of one answer, so that two answers can be compared and shown; HOLD is no action."""
    return " and ".join(action for action in actions if action != "HOLD") or NOTHING


def find_difference(answers: Sequence[TwoAnswers], files: Mapping[str, str]) -> Difference | None:
    """None when all agree, and for a strategy that is honest about its warm-up: see `_waits_for_bars`."""
    differing = sorted((item for item in answers if item.differ), key=lambda item: item.place)
    if not differing or (_waits_for_bars(answers) and _line_of(_CERTAIN, files, sorted(files)) is None):
        return None
    return Difference(differing[0], len(differing), len(answers))


def suspect_line(files: Mapping[str, str], main_file: str) -> tuple[str, int] | None:
    """File and line that most likely make the difference; None when nothing known is there."""
    order = (main_file, *sorted(files))
    return _line_of(_CERTAIN, files, order) or _line_of(_LIKELY, files, order)


def _waits_for_bars(answers: Sequence[TwoAnswers]) -> bool:
    """Silent on each window that gave another answer, and of one mind from some length on about bars to act at.

    So do strategies that return early on short windows, which is honest: a decision that needs a later bar is
    never made about the last one, however long its window is.
    """
    agreed = [item.place for item in answers if not item.differ and item.known != NOTHING]
    differing = [item for item in answers if item.differ]
    return bool(agreed) and all(item.known == NOTHING and item.place < min(agreed) for item in differing)


def _line_of(pattern: re.Pattern[str], files: Mapping[str, str], order: Iterable[str]) -> tuple[str, int] | None:
    for file in order:
        for number, line in enumerate(files[file].splitlines(), 1):
            if pattern.search(line):
                return file, number
    return None
