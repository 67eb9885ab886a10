"""SQL of the signal store: the schema, step by step, the statements, and the condition a filter becomes. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from strategy_api.published_signal import PublishedSignal
from strategy_api.signal_filter import SignalFilter

MIGRATIONS: Final[tuple[str, ...]] = (
    """
    CREATE TABLE signals (
        signal_id    text PRIMARY KEY,
        owner        text NOT NULL,
        execution_id text NOT NULL,
        sequence     bigint NOT NULL,
        strategy_id  text NOT NULL,
        symbol       text NOT NULL,              -- upper case, for searching; the body has the spelling given
        action       text NOT NULL,
        status       text NOT NULL,              -- as published; expiry is derived on read
        confidence   double precision NOT NULL,
        timestamp    timestamptz NOT NULL,
        expires_at   timestamptz,
        body         text NOT NULL,              -- the signal's JSON, byte for byte
        published_at bigint NOT NULL,            -- milliseconds, from the log
        partition    integer NOT NULL,
        log_offset   bigint NOT NULL
    );
    CREATE INDEX signals_newest ON signals (owner, published_at DESC, partition DESC, log_offset DESC);
    CREATE INDEX signals_by_symbol ON signals (owner, symbol, published_at DESC, partition DESC, log_offset DESC);
    CREATE INDEX signals_by_strategy
        ON signals (owner, strategy_id, published_at DESC, partition DESC, log_offset DESC);
    CREATE TABLE kafka_offsets (
        partition integer PRIMARY KEY,
        next      bigint NOT NULL                -- all records before it are in `signals`
    );
    """,
)

# Serialises replicas that start at the same time; the number only has to be ours.
LOCK_SCHEMA: Final = "SELECT pg_advisory_xact_lock(7209341205)"
CREATE_VERSIONS: Final = "CREATE TABLE IF NOT EXISTS schema_versions (version integer PRIMARY KEY)"
READ_VERSION: Final = "SELECT coalesce(max(version), 0) FROM schema_versions"
ADD_VERSION: Final = "INSERT INTO schema_versions (version) VALUES ($1)"

ADD_PARTITION: Final = "INSERT INTO kafka_offsets (partition, next) VALUES ($1, 0) ON CONFLICT DO NOTHING"
READ_POSITION: Final = "SELECT next FROM kafka_offsets WHERE partition = $1"
READ_POSITIONS: Final = "SELECT partition, next FROM kafka_offsets"
MOVE_POSITION: Final = "UPDATE kafka_offsets SET next = $3 WHERE partition = $1 AND next = $2"

ADD_SIGNALS: Final = """
    INSERT INTO signals (signal_id, owner, execution_id, sequence, strategy_id, symbol, action, status, confidence,
                         timestamp, expires_at, body, published_at, partition, log_offset)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[],
                         $8::text[], $9::float8[], $10::timestamptz[], $11::timestamptz[], $12::text[],
                         $13::bigint[], $14::integer[], $15::bigint[])
    ON CONFLICT (signal_id) DO NOTHING
"""

NEWEST_FIRST: Final = "ORDER BY published_at DESC, partition DESC, log_offset DESC"
_SHOWN_STATUS: Final = "CASE WHEN expires_at <= {0} AND status IN ('pending', 'active') THEN 'expired' ELSE status END"


def where_clause(wanted: SignalFilter, now: datetime) -> tuple[str, list[Any]]:
    """The condition and its arguments; only what is asked for is in it, so that an index can serve it."""
    asked: list[tuple[str, Any]] = []
    if wanted.owner is not None:
        asked.append(("owner = {0}", wanted.owner))
    if wanted.symbols is not None:
        asked.append(("symbol = ANY({0}::text[])", sorted(wanted.symbols)))
    if wanted.strategy_ids is not None:
        asked.append(("strategy_id = ANY({0}::text[])", sorted(wanted.strategy_ids)))
    if wanted.actions is not None:
        asked.append(("action = ANY({0}::text[])", sorted(wanted.actions)))
    if wanted.min_confidence is not None:
        asked.append(("confidence >= {0}", wanted.min_confidence))
    if wanted.from_date is not None:
        asked.append(("timestamp >= {0}", wanted.from_date))
    if wanted.to_date is not None:
        asked.append(("timestamp <= {0}", wanted.to_date))
    conditions = [text.format(f"${number}") for number, (text, _) in enumerate(asked, start=1)]
    arguments = [value for _, value in asked]
    if wanted.statuses is not None:
        arguments += [now, sorted(wanted.statuses)]
        shown = _SHOWN_STATUS.format(f"${len(arguments) - 1}")
        conditions.append(f"{shown} = ANY(${len(arguments)}::text[])")
    return (f"WHERE {' AND '.join(conditions)}" if conditions else ""), arguments


def columns(signals: Sequence[PublishedSignal]) -> list[list[Any]]:
    """The arguments of ADD_SIGNALS."""
    rows = [
        (
            *(s.signal_id, s.owner, s.execution_id, s.sequence, s.strategy_id, s.symbol.upper(), s.action, s.status),
            *(s.confidence, s.timestamp, s.expires_at, s.body.decode(), s.published_at_ms, s.partition, s.offset),
        )
        for s in signals
    ]
    return [list(column) for column in zip(*rows, strict=True)]
