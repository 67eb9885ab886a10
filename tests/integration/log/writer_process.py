"""A run in a process of its own that ends or freezes itself at an exact place of a commit.

It says on standard output what it has reached, one word and number a line.
"""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer

from integration.log.evaluations import evaluation_number, run
from strategy_contracts.checkpoint import Checkpoint
from strategy_contracts.exit_codes import ExitCode
from strategy_contracts.signal import Signal
from strategy_runner.errors import Superseded
from strategy_runner.signal_sinks.kafka_sink import KafkaSink

STAGES = ("before-begin", "after-sends", "after-commit", "before-pointer")
REPOSITORY = Path(__file__).parents[3]


class WriterProcess:
    """The process as a test sees it."""

    def __init__(self, servers: str, execution_id: str, *options: str, incarnation: int = 1, evaluations: int) -> None:
        argv = [sys.executable, "-m", "integration.log.writer_process", servers, execution_id]
        argv += [f"--incarnation={incarnation}", f"--evaluations={evaluations}", *options]
        path = os.pathsep.join([str(REPOSITORY / "tests"), str(REPOSITORY / "tests/cluster")])
        environment = {**os.environ, "PYTHONPATH": path}
        # The Kafka client logs what it retries (a coordinator that is not there yet) on standard error.
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=self._log, env=environment)
        assert self._process.stdout is not None
        self._output = self._process.stdout

    def __enter__(self) -> "WriterProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self.wait()
        self._output.close()
        self._log.close()

    async def line(self) -> str:
        """The next thing it says; empty when it has ended."""
        return (await asyncio.to_thread(self._output.readline)).decode().rstrip()

    async def ended(self) -> int:
        """Its exit code; negative: the signal that ended it. Whatever it met, it must not have raised."""
        await asyncio.to_thread(self._output.read)
        code = await asyncio.to_thread(self.wait)
        self._log.seek(0)
        log = self._log.read().decode()
        assert "Traceback" not in log, log
        return code

    def wait(self) -> int:
        return self._process.wait()

    def kill(self) -> None:
        self._process.kill()

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)


class FaultySink(KafkaSink):
    """Sends itself a signal at one stage of one evaluation's commit, once."""

    def __init__(self, fault: Callable[[], None], stage: str, evaluation: int, **options: Any) -> None:
        super().__init__(**options)
        self._fault, self._stage, self._evaluation = fault, stage, evaluation

    async def commit(self, signals: Iterable[Signal], checkpoint: Checkpoint) -> None:
        armed = evaluation_number(checkpoint) == self._evaluation
        if armed:
            self._evaluation = 0
            if self._stage == "before-begin":
                self._fault()
            AIOKafkaProducer.commit_transaction = self._faulty_commit(AIOKafkaProducer.commit_transaction)
        await super().commit(list(signals), checkpoint)
        if armed and self._stage == "before-pointer":
            self._fault()

    def _faulty_commit(self, commit: Callable[[Any], Awaitable[None]]) -> Callable[[Any], Awaitable[None]]:
        async def faulty(producer: Any) -> None:
            AIOKafkaProducer.commit_transaction = commit
            if self._stage == "after-sends":
                self._fault()
            await commit(producer)
            if self._stage == "after-commit":
                self._fault()

        return faulty


def say(*words: object) -> None:
    print(*words, flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("servers")
    parser.add_argument("execution_id")
    parser.add_argument("--incarnation", type=int, required=True)
    parser.add_argument("--evaluations", type=int, required=True)
    parser.add_argument("--stage", choices=STAGES, default=STAGES[0])
    parser.add_argument("--at", type=int, default=0, help="the evaluation of the fault")
    parser.add_argument("--signal", choices=("KILL", "STOP"), default="KILL")
    return parser.parse_args()


async def main(options: argparse.Namespace) -> ExitCode:
    def fault() -> None:
        say("fault", options.at)
        os.kill(os.getpid(), signal.Signals[f"SIG{options.signal}"])

    sink = FaultySink(
        fault,
        options.stage,
        options.at,
        bootstrap_servers=options.servers,
        execution_id=options.execution_id,
        incarnation=options.incarnation,
    )
    try:
        await run(
            sink,
            options.execution_id,
            options.incarnation,
            options.evaluations,
            on_commit=lambda number: say("committed", number),
        )
    except Superseded:
        return ExitCode.SUPERSEDED
    finally:
        await sink.close()
    return ExitCode.OK


if __name__ == "__main__":
    sys.exit(asyncio.run(main(arguments())))
