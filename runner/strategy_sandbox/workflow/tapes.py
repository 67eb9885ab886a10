"""What flows along a wire: a tape of the newest values of one output. Signals are 1.0, 0.0, or NaN for undefined.

Whoever needs history says how much of it when the plan is compiled; nothing longer is kept.
"""

import math
from collections import deque
from collections.abc import Callable
from itertools import islice

View = Callable[[], list[float]]
"""The newest values that somebody asked for, oldest first; raises Undefined while they are not all there."""


class Undefined(Exception):
    """A value that is asked for does not exist yet, or is no number: no signal can come of it."""


class Tape:
    """The newest values of one output."""

    __slots__ = ("values",)

    def __init__(self) -> None:
        self.values: deque[float] = deque(maxlen=1)

    def view(self, count: int) -> View:
        """The newest `count` values, now and at every later time. For compiling only: what was on the tape is lost."""
        if count > (self.values.maxlen or 0):
            self.values = deque(maxlen=count)

        def newest() -> list[float]:
            values = self.values
            if len(values) < count:
                raise Undefined
            found = list(islice(values, len(values) - count, None))
            if any(map(math.isnan, found)):
                raise Undefined
            return found

        return newest

    def push(self, value: float) -> None:
        self.values.append(value)

    @property
    def newest(self) -> float:
        """NaN before the first value."""
        return self.values[-1] if self.values else math.nan


def constant(value: float) -> Callable[[int], View]:
    """A tape that never changes."""
    return lambda count: lambda: [value] * count
