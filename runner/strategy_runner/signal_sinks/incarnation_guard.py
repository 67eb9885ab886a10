"""Which incarnation may write an execution's log: the highest that has shown itself there.

Fencing alone would ping-pong: a fenced old pod opens again and fences its successor. Pure: no client, no clock.
"""

from collections.abc import Callable

from strategy_contracts.checkpoint import Checkpoint, Claim, decode_checkpoint, decode_claim
from strategy_contracts.topics import claim_key, signal_key
from strategy_runner.errors import Superseded
from strategy_runner.signal_sinks.log_record import LogRecord, decoded


class IncarnationGuard:
    """Remembers the highest incarnation among the claims and checkpoints it is shown, committed or not."""

    def __init__(self, execution_id: str, mine: int) -> None:
        self._decoders: dict[bytes | None, Callable[[bytes], Claim | Checkpoint]] = {
            claim_key(execution_id): decode_claim,
            signal_key(execution_id): decode_checkpoint,
        }
        self._mine = mine
        self._highest = mine

    def see(self, record: LogRecord) -> None:
        decode = self._decoders.get(record.key)
        if decode is None:
            return
        writer = decoded(record, decode)
        if writer is not None:
            self._highest = max(self._highest, writer.incarnation)

    def check(self) -> None:
        """Raises Superseded, now and ever after, once a higher incarnation has been seen."""
        if self._highest > self._mine:
            raise Superseded(self._mine, self._highest)
