"""SQL of the signal store: the schema, step by step, and the statements that do not depend on a filter."""

from typing import Final

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
