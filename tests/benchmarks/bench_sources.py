"""What it costs to notice changes: 10,000 rows in each strategy database, 1,000 of them watched.

Statements are counted by the server itself (pg_stat_statements) in a private PostgreSQL; memory is this process's
resident set, whose growth must hold what the operator keeps and the peak of a look. The AI/ML database is one that
was migrated, so that both its generations are asked.
"""

import argparse
import asyncio
import gc
import os
import resource
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from integration.private_postgres import PrivatePostgres
from strategy_sources.ai_ml import AiMlDatabase
from strategy_sources.no_code import NoCodeDatabase
from strategy_sources.watched_database import WatchedDatabase
from strategy_tables import ERA_A, ERA_B, NO_CODE

NO_CODE_NAME, AI_ML_NAME = "alphintra_nocode", "alphintra_ai_ml"
MOST_QUERIES_AN_INTERVAL = 2
MOST_MEGABYTES = 50.0
AT_ONCE = 8
"""As many as the operator has workers."""
STATISTICS = {"shared_preload_libraries": "pg_stat_statements", "pg_stat_statements.track": "top"}
FILL_NO_CODE = """
INSERT INTO nocode_workflows (uuid, user_id, name, workflow_data, generated_code, compilation_status)
SELECT lpad(n::text, 32, '0')::uuid, n % 100, 'workflow ' || n,
       json_build_object('nodes', (SELECT json_agg(md5(n::text || k)) FROM generate_series(1, 150) k), 'edges', '{}'),
       (SELECT string_agg('x_' || md5(n::text || k), E'\\n') FROM generate_series(1, 200) k), 'compiled'
  FROM generate_series(1, $1) n
"""
FILL_ROWS = """
INSERT INTO strategies (id, user_id, name, code, parameters, status)
SELECT lpad(n::text, 32, '0')::uuid, lpad((n % 100)::text, 32, '0')::uuid, 'strategy ' || n,
       (SELECT string_agg('x_' || md5(n::text || k), E'\\n') FROM generate_series(1, 200) k), '{"a": 1}', 'ACTIVE'
  FROM generate_series(1, $1, 2) n
"""
FILL_PROJECTS = """
INSERT INTO projects (id, user_id, name, path)
SELECT (lpad(n::text, 32, '0')::uuid)::text, 'user ' || n % 100, 'project ' || n, n::text
  FROM generate_series(2, $1, 2) n
"""
FILL_FILES = """
INSERT INTO files (project_id, path, content)
SELECT (lpad(n::text, 32, '0')::uuid)::text, path,
       (SELECT string_agg('x_' || md5(path || n::text || k), E'\\n') FROM generate_series(1, 70) k)
  FROM generate_series(2, $1, 2) n, unnest(ARRAY['main.py', 'src/util.py', 'src/__init__.py']) path
"""


@dataclass(frozen=True)
class Person:
    user_id: str
    subject: str


def strategy_id(number: int) -> str:
    text = f"{number:032d}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def no_code_owner(number: int) -> Person:
    return Person(str(number % 100), "nobody")


def ai_ml_owner(number: int) -> Person:
    return Person(strategy_id(number % 100), f"user {number % 100}")


async def fill(url: str, rows: int, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    for statement in statements:
        if "$1" in statement:
            await connection.execute(statement, rows)
        else:
            await connection.execute(statement)
    await connection.execute("ANALYZE")
    await connection.close()


class Statements:
    """What the server counted in the two databases since the last time."""

    def __init__(self, server: PrivatePostgres) -> None:
        self._server = server
        server.query("postgres", "CREATE EXTENSION pg_stat_statements")

    def take(self) -> int:
        count = self._server.query(
            "postgres",
            "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid"
            f" WHERE d.datname IN ('{NO_CODE_NAME}', '{AI_ML_NAME}')",
        )
        self._server.query("postgres", "SELECT pg_stat_statements_reset()")
        return int(count)


def resident_megabytes() -> float:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


async def load_all(watched: WatchedDatabase, numbers: list[int], owner_of: Callable[[int], Person]) -> None:
    """As the operator's workers do when it starts."""
    waiting = iter(numbers)

    async def work() -> None:
        for number in waiting:
            stored = await watched.load(strategy_id(number), owner_of(number))
            assert stored is not None
            assert stored.files

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))


async def timed(work: Callable[[], Awaitable[None]]) -> float:
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


async def measure(server: PrivatePostgres, options: argparse.Namespace) -> bool:
    changed: list[str] = []
    no_code = WatchedDatabase(NoCodeDatabase(server.url(NO_CODE_NAME)), "No-Code", 30, changed.append)
    ai_ml = WatchedDatabase(AiMlDatabase(server.url(AI_ML_NAME)), "AI/ML", 30, changed.append)
    half = options.watched // 2
    step = options.rows // half
    numbers = [1 + number * step + number % 2 for number in range(half)]

    async def look() -> None:
        await asyncio.gather(no_code.look(), ai_ml.look())

    statements = Statements(server)
    await load_all(no_code, numbers[:1], no_code_owner)
    await load_all(ai_ml, numbers[:1], ai_ml_owner)
    before, peak_before = resident_megabytes(), peak_megabytes()
    loaded_s = await timed(
        lambda: asyncio.wait_for(
            asyncio.gather(load_all(no_code, numbers, no_code_owner), load_all(ai_ml, numbers, ai_ml_owner)), 300
        )
    )
    statements.take()
    looks = [await timed(look) for _ in range(options.looks)]
    counted = statements.take() / options.looks
    assert changed == [], "nothing has changed"
    grown = max(resident_megabytes() - before, peak_megabytes() - max(before, peak_before))
    server.query(
        NO_CODE_NAME, f"UPDATE nocode_workflows SET generated_code = 'new' WHERE uuid = '{strategy_id(numbers[7])}'"
    )
    server.query(AI_ML_NAME, f"UPDATE files SET content = 'new' WHERE project_id = '{strategy_id(numbers[1])}'")
    await look()
    assert sorted(changed) == sorted([strategy_id(numbers[7]), strategy_id(numbers[1])]), changed
    await no_code.close()
    await ai_ml.close()
    print(f"{'rows in each database, watched':44} {options.rows:>8}, {2 * half}")
    print(f"{'first load of all that is watched':44} {loaded_s:8.2f} s")
    print(f"{'statements per interval, both databases':44} {counted:8.2f}   (at most {MOST_QUERIES_AN_INTERVAL})")
    print(f"{'time of a look at both, p50':44} {statistics.median(looks) * 1e3:8.1f} ms")
    print(f"{'time of a look at both, max':44} {max(looks) * 1e3:8.1f} ms")
    print(f"{'growth of memory, peak':44} {grown:8.1f} MB (at most {MOST_MEGABYTES:.0f})")
    return counted <= MOST_QUERIES_AN_INTERVAL and grown <= MOST_MEGABYTES


async def main(options: argparse.Namespace) -> int:
    server = PrivatePostgres(STATISTICS)
    try:
        server.start()
        no_code, ai_ml = server.create_database(NO_CODE_NAME), server.create_database(AI_ML_NAME)
        await fill(no_code, options.rows, NO_CODE, FILL_NO_CODE)
        era_b = "DROP TABLE project_files, projects;" + ERA_B
        await fill(ai_ml, options.rows, ERA_A, era_b, FILL_ROWS, FILL_PROJECTS, FILL_FILES)
        return 0 if await measure(server, options) else 1
    finally:
        server.remove()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--watched", type=int, default=1_000)
    parser.add_argument("--looks", type=int, default=20)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(arguments())))
