"""A log in memory, with the same promises as the real one: all or nothing, one writer, highest incarnation wins."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from strategy_contracts.checkpoint import Checkpoint
from strategy_contracts.signal import Signal
from strategy_runner.errors import LogUnavailable, Superseded


@dataclass(slots=True)
class MemoryLog:
    """What survives a sink: share one between sinks to play a restart or a second incarnation."""

    signals: list[Signal] = field(default_factory=list)
    checkpoints: list[Checkpoint] = field(default_factory=list)
    claimed: int = 0


class MemorySink:
    """See `SignalSink`."""

    def __init__(self, incarnation: int, log: MemoryLog | None = None) -> None:
        self.log = log or MemoryLog()
        self._incarnation = incarnation
        self._is_open = False

    async def open(self) -> Checkpoint | None:
        self._check()
        self.log.claimed = self._incarnation
        self._is_open = True
        return self.log.checkpoints[-1] if self.log.checkpoints else None

    async def commit(self, signals: Sequence[Signal], checkpoint: Checkpoint) -> None:
        if not self._is_open:
            raise LogUnavailable("the log is not open")
        self._check()
        self.log.signals.extend(signals)
        self.log.checkpoints.append(checkpoint)

    async def close(self) -> None:
        self._is_open = False

    def _check(self) -> None:
        if self.log.claimed > self._incarnation:
            self._is_open = False
            raise Superseded(self._incarnation, self.log.claimed)
