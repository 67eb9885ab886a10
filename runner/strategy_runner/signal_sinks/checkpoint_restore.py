"""Finds the newest committed checkpoint of an execution in its partition.

It must see everything up to the high watermark: a checkpoint behind somebody else's open transaction is invisible
until that ends, and whoever stopped early would go on from an older one and publish twice.
"""

from collections.abc import Callable

from strategy_contracts.checkpoint import Checkpoint, decode_checkpoint
from strategy_contracts.topics import signal_key
from strategy_runner.signal_sinks.log_record import LogRecord, decoded
from strategy_runner.signal_sinks.partition_reader import PartitionReader


class NewestCheckpoint:
    """The last checkpoint among the records it is shown, in their order, and where it was."""

    def __init__(self, execution_id: str) -> None:
        self._key = signal_key(execution_id)
        self.checkpoint: Checkpoint | None = None
        self.offset: int | None = None

    def see(self, record: LogRecord) -> None:
        if record.key == self._key:
            self.checkpoint = decoded(record, decode_checkpoint)
            self.offset = record.offset


def start_offset(pointer: int | None, first: int, end: int) -> int:
    """Where to begin to read: at the pointer while the partition still has it, else at its first offset."""
    return pointer if pointer is not None and first <= pointer <= end else first


async def restore(
    reader: PartitionReader,
    newest: NewestCheckpoint,
    *,
    pointer: int | None,
    end: int,
    waiting: Callable[[int], None],
) -> None:
    """Show `newest` the committed records from the pointer to `end`; if that finds nothing, those before it too."""
    first = await reader.first_offset()
    start = start_offset(pointer, first, end)
    await reader.read(start, end, newest.see, waiting)
    if newest.offset is None and start > first:
        await reader.read(first, end, newest.see, waiting)
