"""Where signals and checkpoints go, together or not at all.

`open` guards, claims and restores; `commit` writes the signals of one evaluation and the checkpoint
that follows from them as one unit. After LogUnavailable nothing in memory may be sent again: the run loop
calls `open` once more and continues from the checkpoint it returns. Choosing a sink is `open_sink`'s match.
"""

from collections.abc import Sequence
from typing import Protocol

from strategy_contracts.checkpoint import Checkpoint
from strategy_contracts.signal import Signal


class SignalSink(Protocol):
    """A log of one execution. Not safe for concurrent calls: one evaluation is uncommitted at most."""

    async def open(self) -> Checkpoint | None:
        """Become the only writer and return the last committed checkpoint; None for a new execution.

        Raises LogUnavailable (try again later) or Superseded (a higher incarnation exists: exit).
        Safe to call again after LogUnavailable.
        """

    async def commit(self, signals: Sequence[Signal], checkpoint: Checkpoint) -> None:
        """Write all or nothing. Raises LogUnavailable (also when the result is unknown) or Superseded."""

    async def close(self) -> None:
        """Flush what helps the next start and let go; safe to call twice and without `open`."""
