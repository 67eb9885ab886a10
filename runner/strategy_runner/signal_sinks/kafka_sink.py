"""The log on Kafka: signals and checkpoint of an evaluation together, exactly once, whatever crashes.

Kafka lets only the latest opener of a `transactional.id` write, claims say who may open, and a run goes on from the
committed checkpoint alone: after any failure, memory is dropped. Reasons: docs/decisions/0003-exactly-once-log.md.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import structlog
from aiokafka import TopicPartition

from strategy_contracts.checkpoint import Checkpoint, Claim
from strategy_contracts.signal import Signal
from strategy_contracts.topics import DEFAULT_PARTITIONS, STRATEGY_CHECKPOINTS, partition_of
from strategy_runner.errors import LogUnavailable
from strategy_runner.kafka_clients import let_go
from strategy_runner.kafka_errors import CLIENT_ERRORS, describe, log_errors, was_fenced
from strategy_runner.signal_sinks.checkpoint_pointer import CheckpointPointer
from strategy_runner.signal_sinks.checkpoint_restore import NewestCheckpoint, restore, start_offset
from strategy_runner.signal_sinks.claim_writer import claim_writer
from strategy_runner.signal_sinks.evaluation_transaction import become_writer, write_evaluation
from strategy_runner.signal_sinks.incarnation_guard import IncarnationGuard
from strategy_runner.signal_sinks.log_observer import LogObserver
from strategy_runner.signal_sinks.partition_reader import PartitionReader, partition_reader

COMMIT_TIMEOUT_S: Final = 8.0
"""Below the transaction's own timeout: we have given up before the coordinator does."""
POINTER_INTERVAL_S: Final = 30.0

_log = structlog.get_logger(__name__)


class KafkaSink:
    """The log of one execution, as `SignalSink` says."""

    def __init__(
        self,
        *,
        bootstrap_servers: str,
        execution_id: str,
        incarnation: int,
        observer: LogObserver | None = None,
        checkpoint_partitions: int = DEFAULT_PARTITIONS,
        commit_timeout_s: float = COMMIT_TIMEOUT_S,
        pointer_interval_s: float = POINTER_INTERVAL_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._execution_id = execution_id
        self._incarnation = incarnation
        self._observer = observer or LogObserver()
        self._checkpoint_partitions = checkpoint_partitions
        self._commit_timeout_s = commit_timeout_s
        self._pointer_interval_s = pointer_interval_s
        self._monotonic = monotonic
        self._partition = TopicPartition(STRATEGY_CHECKPOINTS, partition_of(execution_id, checkpoint_partitions))
        self._guard = IncarnationGuard(execution_id, incarnation)
        self._guarded_to: int | None = None
        self._pointer = CheckpointPointer(bootstrap_servers, execution_id)
        self._pointer_offset: int | None = None
        self._checkpoint_offset: int | None = None
        self._producer: Any = None
        self._pointer_keeper: asyncio.Task[None] | None = None

    async def open(self) -> Checkpoint | None:
        await self._drop()
        began = self._monotonic()
        try:
            with log_errors("opening the log"):
                restored = await self._take_over()
        except BaseException:
            await self._drop()
            raise
        self._checkpoint_offset = restored.offset
        self._pointer_keeper = asyncio.create_task(self._keep_pointer(), name="checkpoint-pointer")
        self._observer.opened(self._monotonic() - began)
        return restored.checkpoint

    async def commit(self, signals: Sequence[Signal], checkpoint: Checkpoint) -> None:
        if self._producer is None:
            raise LogUnavailable("the log is not open")
        began = self._monotonic()
        try:
            with log_errors("committing an evaluation"):
                async with asyncio.timeout(self._commit_timeout_s):
                    offset = await write_evaluation(self._producer, self._partition.partition, signals, checkpoint)
        except BaseException as error:
            self._observer.lost(fenced=was_fenced(error))
            await self._drop()
            raise
        self._checkpoint_offset = offset
        self._observer.committed(self._monotonic() - began)

    async def close(self) -> None:
        if self._producer is not None:
            await self._write_pointer()
        await self._drop()

    async def _take_over(self) -> NewestCheckpoint:
        """Guard, claim, fence, guard again, restore: in this order whoever is fenced finds the claim that fenced it."""
        claim = Claim(execution_id=self._execution_id, incarnation=self._incarnation)
        async with claim_writer(self._bootstrap_servers) as claims:
            self._require_partitions(await claims.partitions(STRATEGY_CHECKPOINTS))
            if self._pointer_offset is None:
                self._pointer_offset = await self._pointer.read(self._partition)
            async with partition_reader(self._bootstrap_servers, self._partition, "read_uncommitted") as reader:
                await self._check_incarnations(reader)
                await claims.write(claim, self._partition)
                self._producer = await become_writer(self._bootstrap_servers, self._execution_id)
                # A predecessor may have committed after the first claim, and moved its pointer past it.
                await claims.write(claim, self._partition)
                end = await self._check_incarnations(reader)
        newest = NewestCheckpoint(self._execution_id)
        async with partition_reader(self._bootstrap_servers, self._partition, "read_committed") as reader:
            await restore(reader, newest, pointer=self._pointer_offset, end=end, waiting=self._observer.waiting)
        return newest

    def _require_partitions(self, partitions: int) -> None:
        if partitions != self._checkpoint_partitions:
            # Looked for in another partition, the checkpoint would seem not to exist.
            wanted = self._checkpoint_partitions
            raise LogUnavailable(f"{STRATEGY_CHECKPOINTS} has {partitions} partitions, not {wanted}")

    async def _check_incarnations(self, reader: PartitionReader) -> int:
        """Everything between the last check (at first: the pointer) and the high watermark, which is returned."""
        begin = self._pointer_offset if self._guarded_to is None else self._guarded_to
        end = await reader.end_offset()
        await reader.read(start_offset(begin, await reader.first_offset(), end), end, self._guard.see)
        self._guard.check()
        self._guarded_to = end
        return end

    async def _keep_pointer(self) -> None:
        while True:
            await asyncio.sleep(self._pointer_interval_s)
            await self._write_pointer()

    async def _write_pointer(self) -> None:
        offset = self._checkpoint_offset
        if offset is None or offset == self._pointer_offset:
            return
        try:
            await self._pointer.write(self._partition, offset)
        except CLIENT_ERRORS as error:
            _log.warning("checkpoint_pointer_not_written", offset=offset, error=describe(error))
        else:
            self._pointer_offset = offset

    async def _drop(self) -> None:
        """Let go of the log and of all that is remembered of it but what only makes reading shorter."""
        keeper, self._pointer_keeper = self._pointer_keeper, None
        producer, self._producer = self._producer, None
        self._checkpoint_offset = None
        if keeper is not None:
            keeper.cancel()
            await asyncio.wait([keeper])
        if producer is not None:
            await let_go(producer)
