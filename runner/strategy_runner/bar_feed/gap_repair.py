"""What a numbered message means for a channel, and which bars a run has had. Pure.

Numbers are dense within an epoch, epochs rise. Everything a transport can do (lose, repeat, reorder, start
anew) shows in the two numbers; what a provider can do shows in open times and revisions.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from strategy_contracts.bar import Bar
from strategy_contracts.market_protocol import BarMessage

REMEMBERED_REVISIONS: Final = 1000


class Step(Enum):
    """How a message follows a position."""

    NEXT = "next"
    OLD = "old"
    """Known, or from a gateway that has been replaced: drop."""
    HOLE = "hole"
    """Messages before it are missing: read the stream."""
    NEW_EPOCH = "new_epoch"
    """The numbering began anew: synchronise."""


@dataclass(frozen=True, slots=True)
class Position:
    """Everything up to this number of this epoch has been taken."""

    epoch: int
    seq: int


def position_of(epoch: str, seq: int) -> Position:
    """The position a message or snapshot stands at."""
    return Position(int(epoch), seq)


def judge(position: Position, found: Position) -> Step:
    """The step from `position` to a message that stands at `found`."""
    if found.epoch != position.epoch:
        return Step.NEW_EPOCH if found.epoch > position.epoch else Step.OLD
    if found.seq <= position.seq:
        return Step.OLD
    return Step.NEXT if found.seq == position.seq + 1 else Step.HOLE


def bridge(position: Position, target: Position, stored: Sequence[BarMessage]) -> list[BarMessage] | None:
    """The stored messages after `position` up to `target`; None unless all of them are there."""
    found = {message.seq: message for message in stored if message.epoch == str(target.epoch)}
    wanted = range(position.seq + 1, target.seq + 1)
    return [found[seq] for seq in wanted] if all(seq in found for seq in wanted) else None


@dataclass(slots=True)
class SymbolOrder:
    """Lets each closed bar of a symbol through once and in order; a closed bar again only with a higher revision."""

    start_ms: int | None
    """Bars that open earlier are not wanted; None wants all."""
    next_open: int | None = field(init=False)
    """Closed bars that open earlier have been delivered."""
    _revisions: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.next_open = self.start_ms

    def admits(self, bar: Bar) -> bool:
        """Whether to deliver `bar`; a closed bar counts as delivered then."""
        if self.start_ms is not None and bar.open_time < self.start_ms:
            return False
        is_new = self.next_open is None or bar.open_time >= self.next_open
        if not bar.closed:
            return is_new
        if is_new:
            self.next_open = bar.open_time + 1
        elif bar.revision <= self._revisions.get(bar.open_time, 0):
            return False
        if bar.revision > 0:
            self._remember(bar)
        return True

    def _remember(self, bar: Bar) -> None:
        self._revisions[bar.open_time] = bar.revision
        if len(self._revisions) > REMEMBERED_REVISIONS:
            del self._revisions[min(self._revisions)]
