"""What the log costs: one signal and its checkpoint in a transaction, from `commit` to its return, and an open.

Executions that commit together do so at the same moment, as strategies do that wait for the same bar; they share
this process and its core. `--executions` and `--rounds` change the table.
"""

import argparse
import asyncio
import os
import statistics
import sys
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from builders import MINUTE, T0, a_checkpoint, a_signal
from local_cluster.endpoints import Endpoints
from strategy_process.kafka_topics import ensure_topics
from strategy_runner.signal_sinks.kafka_sink import KafkaSink

PAUSE_S = 0.05
"""Between the rounds, so that the broker ends one round's transactions before the next begin."""
WARM_UP_ROUNDS = 20


@dataclass(frozen=True)
class Timing:
    """Milliseconds."""

    p50: float
    p99: float
    highest: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Timing":
        ordered = sorted(seconds)
        return cls(statistics.median(ordered) * 1e3, ordered[int(len(ordered) * 0.99)] * 1e3, ordered[-1] * 1e3)

    def __str__(self) -> str:
        return f"{self.p50:8.2f} ms {self.p99:8.2f} ms {self.highest:8.2f} ms"


class Execution:
    """One sink and its timings."""

    def __init__(self, servers: str) -> None:
        self._id = str(uuid.uuid4())
        self._sink = KafkaSink(bootstrap_servers=servers, execution_id=self._id, incarnation=1)
        self._number = 0
        self.opened_s = 0.0
        self.committed_s: list[float] = []

    async def open(self) -> None:
        began = time.perf_counter()
        await self._sink.open()
        self.opened_s = time.perf_counter() - began

    async def commit(self) -> None:
        self._number += 1
        at_ms = T0 + self._number * MINUTE
        signal = a_signal(self._number, execution_id=self._id, at_ms=at_ms)
        checkpoint = a_checkpoint(execution_id=self._id, evaluation_time_ms=at_ms, sequence=self._number)
        began = time.perf_counter()
        await self._sink.commit([signal], checkpoint)
        self.committed_s.append(time.perf_counter() - began)

    async def close(self) -> None:
        await self._sink.close()


async def measure(servers: str, executions: int, rounds: int) -> tuple[Timing, Timing]:
    """Timings of a commit and of an open."""
    running = [Execution(servers) for _ in range(executions)]
    for execution in running:
        await execution.open()
    for _ in range(WARM_UP_ROUNDS + rounds):
        await asyncio.gather(*(execution.commit() for execution in running))
        await asyncio.sleep(PAUSE_S)
    for execution in running:
        await execution.close()
    commits = [seconds for execution in running for seconds in execution.committed_s[WARM_UP_ROUNDS:]]
    return Timing.of(commits), Timing.of([execution.opened_s for execution in running])


async def main(options: argparse.Namespace) -> int:
    endpoints = Endpoints.load()
    servers = os.environ.get("KAFKA_BOOTSTRAP_SERVERS") or (endpoints.kafka_bootstrap_servers if endpoints else None)
    if servers is None:
        print("no broker: run `make cluster-services` or set KAFKA_BOOTSTRAP_SERVERS", file=sys.stderr)
        return 1
    await ensure_topics(servers, replication_factor=1)
    print(f"{'figure':34} {'p50':>11} {'p99':>11} {'max':>11}")
    for executions in options.executions:
        commits, opens = await measure(servers, executions, options.rounds)
        print(f"{f'commit, {executions} at the same moment':34} {commits}")
        print(f"{f'open, {executions} one after the other':34} {opens}")
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--executions", type=int, nargs="+", default=[1, 10])
    parser.add_argument("--rounds", type=int, default=300)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(arguments())))
