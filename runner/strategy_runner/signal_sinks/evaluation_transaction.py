"""One evaluation on the log: its signals and the checkpoint that follows from them, in one transaction."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from aiokafka import AIOKafkaProducer

from strategy_contracts.checkpoint import Checkpoint, encode_checkpoint
from strategy_contracts.signal import Signal, SignalEnvelope, encode_envelope
from strategy_contracts.topics import STRATEGY_CHECKPOINTS, TRADING_SIGNALS, signal_headers, signal_key
from strategy_runner.kafka_clients import REQUEST_TIMEOUT_MS, RETRY_BACKOFF_MS, let_go, start

TRANSACTION_TIMEOUT_MS: Final = 10_000
_LARGEST_BATCH: Final = 512 * 1024
"""The signals of one evaluation travel in one request; in batches of the client's 16 KiB they would take turns."""


async def become_writer(bootstrap_servers: str, execution_id: str) -> Any:
    """A producer that fences every earlier one of the execution; their open transaction is aborted by then."""
    producer = await start(
        AIOKafkaProducer(
            bootstrap_servers=bootstrap_servers,
            transactional_id=execution_id,
            transaction_timeout_ms=TRANSACTION_TIMEOUT_MS,
            max_batch_size=_LARGEST_BATCH,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
            retry_backoff_ms=RETRY_BACKOFF_MS,
        )
    )
    try:
        # Known now, the topics need not be asked for inside the first transaction.
        for topic in (TRADING_SIGNALS, STRATEGY_CHECKPOINTS):
            await producer.partitions_for(topic)
    except BaseException:
        await let_go(producer)
        raise
    return producer


async def write_evaluation(producer: Any, partition: int, signals: Sequence[Signal], checkpoint: Checkpoint) -> int:
    """Commit them together; the offset of the checkpoint.

    An error says that they are not on the log or that nobody knows: the producer is of no further use.
    """
    key = signal_key(checkpoint.execution_id)
    envelopes = [encode_envelope(SignalEnvelope(signal=signal, timestamp=signal.generated_at)) for signal in signals]
    memory = encode_checkpoint(checkpoint)
    await producer.begin_transaction()
    # From here to the commit nothing is awaited but the log: an open transaction holds back all of its partitions.
    sends = [
        await producer.send(TRADING_SIGNALS, envelope, key, headers=signal_headers(signal))
        for envelope, signal in zip(envelopes, signals, strict=True)
    ]
    sends.append(await producer.send(STRATEGY_CHECKPOINTS, memory, key, partition=partition))
    # A commit would not notice that a send has failed: it would commit the others.
    *_, written = await asyncio.gather(*sends)
    await producer.commit_transaction()
    offset: int = written.offset
    return offset
