"""What an update from a stream means for a series, decided from the series' own memory. Pure.

Providers repeat, reorder, lose and correct bars. `expected_open` is the open time of the first bar that is not
known to be closed: everything before it is in the store or is known not to exist.
"""

from enum import Enum

import msgspec

from strategy_contracts.bar import Bar


class Verdict(Enum):
    """What to do with an update."""

    PROVISIONAL = "provisional"
    """The bar in progress: publish."""
    CLOSED = "closed"
    """The next closed bar: store and publish."""
    MISSING_BEFORE = "missing_before"
    """Closed bars before it were not seen: fetch them first."""
    DUPLICATE = "duplicate"
    """Known already: drop."""
    STALE = "stale"
    """In progress, but of a bar that has closed: drop."""
    REVISED = "revised"
    """A closed bar has another value than before, or came too late: store and publish as a revision."""


def judge(bar: Bar, expected_open: int, known: Bar | None) -> Verdict:
    """The verdict on `bar`; `known` is the stored closed bar of the same open time."""
    if bar.open_time > expected_open:
        return Verdict.MISSING_BEFORE
    if bar.open_time == expected_open:
        return Verdict.CLOSED if bar.closed else Verdict.PROVISIONAL
    if not bar.closed:
        return Verdict.STALE
    if known is not None and _values(known) == _values(bar):
        return Verdict.DUPLICATE
    return Verdict.REVISED


def revised(bar: Bar, known: Bar | None) -> Bar:
    """`bar` with the next revision number; a bar that came too late counts as a revision of nothing."""
    return msgspec.structs.replace(bar, revision=1 if known is None else known.revision + 1)


def _values(bar: Bar) -> tuple[float, float, float, float, float]:
    return bar.open, bar.high, bar.low, bar.close, bar.volume
