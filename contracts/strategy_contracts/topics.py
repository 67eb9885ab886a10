"""Names on the log and in Redis, what partition a key belongs to, and the headers of a signal.

The partitioner is Kafka's own (murmur2 of the key, sign bit cleared), so that any client agrees with it.
"""

from typing import Final

import msgspec

from strategy_contracts.signal import SCHEMA_VERSION, Signal

TRADING_SIGNALS: Final = "trading_signals"
TRADING_SIGNAL_UPDATES: Final = "trading_signal_updates"
STRATEGY_STATUS: Final = "strategy_status"
STRATEGY_CHECKPOINTS: Final = "strategy_checkpoints"

DEFAULT_PARTITIONS: Final = 12


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """A topic as the operator creates it at start."""

    name: str
    partitions: int = DEFAULT_PARTITIONS
    settings: dict[str, str]
    strict: bool = False
    """An existing topic must have exactly these partitions; otherwise any number will do."""


_DAY_MS: Final = 86_400_000
TOPICS: Final = (
    Topic(name=TRADING_SIGNALS, settings={"cleanup.policy": "delete", "retention.ms": str(365 * _DAY_MS)}),
    Topic(name=TRADING_SIGNAL_UPDATES, settings={"cleanup.policy": "delete", "retention.ms": str(365 * _DAY_MS)}),
    Topic(name=STRATEGY_STATUS, settings={"cleanup.policy": "delete", "retention.ms": str(_DAY_MS)}),
    Topic(
        name=STRATEGY_CHECKPOINTS,
        settings={
            "cleanup.policy": "compact,delete",
            "retention.ms": str(365 * _DAY_MS),
            "segment.bytes": str(64 * 1024 * 1024),
            "segment.ms": str(3_600_000),
        },
        strict=True,
    ),
)


def signal_key(execution_id: str) -> bytes:
    """Key of signals, updates, reports and checkpoints: order per execution."""
    return execution_id.encode()


def claim_key(execution_id: str) -> bytes:
    """Key of an execution's claim; it is written to the *execution's* partition, not its own."""
    return f"{execution_id}/claim".encode()


def partition_of(execution_id: str, partitions: int) -> int:
    """The partition of everything that belongs to the execution."""
    return (murmur2(signal_key(execution_id)) & 0x7FFFFFFF) % partitions


def murmur2(data: bytes) -> int:
    """MurmurHash2 with the seed of Kafka's Java client, as an unsigned 32 bit number."""
    length = len(data)
    mask, m = 0xFFFFFFFF, 0x5BD1E995
    h = 0x9747B28C ^ length
    for start in range(0, length - length % 4, 4):
        k = int.from_bytes(data[start : start + 4], "little") * m & mask
        k = (k ^ (k >> 24)) * m & mask
        h = h * m & mask ^ k
    tail = data[length - length % 4 :]
    if tail:
        h = (h ^ int.from_bytes(tail, "little")) * m & mask
    h = (h ^ (h >> 13)) * m & mask
    return h ^ (h >> 15)


def signal_headers(signal: Signal) -> list[tuple[str, bytes]]:
    """Kafka headers of a signal record, for consumers that filter without decoding."""
    return [
        ("content-type", b"application/json"),
        ("schema-version", str(SCHEMA_VERSION).encode()),
        ("signal-id", signal.signal_id.encode()),
        ("strategy-id", signal.strategy_id.encode()),
        ("symbol", signal.symbol.encode()),
        ("owner", signal.owner.encode()),
    ]


REDIS_ALL_SIGNALS: Final = "signals:all"
REDIS_SIGNAL_TTL_SECONDS: Final = 3600


def redis_symbol_channel(symbol: str) -> str:
    """The pub/sub channel of a symbol's signals."""
    return f"signals:{symbol.upper()}"


def redis_signal_key(signal_id: str) -> str:
    """The key under which one signal can be read for an hour."""
    return f"signal:{signal_id}"
