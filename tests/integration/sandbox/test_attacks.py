"""Every attack through the supervisor's own link and a real warden, with the static policy left out.

What is asserted is how each one ends, that it left nothing behind, and that the next strategy is served by the same
warden. Containers, and their other users and networks, are the end-to-end tests' part.
"""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from corpus.canary import Doors, bound_sockets, leaks, new_secret
from corpus.cases import Case, own_attacks, shared_attacks
from strategy_contracts.errors import ContractViolation
from strategy_contracts.runner_config import RunnerConfig
from strategy_contracts.signal import Signal, StrategySource
from strategy_contracts.status_report import Fault
from strategy_contracts.timeframe import Timeframe
from strategy_contracts.worker_protocol import Candidate, Evaluate, Load, Output
from strategy_runner.errors import StrategyFailed, WorkerLost
from strategy_runner.sandbox_link import SandboxLink
from strategy_runner.signal_factory import Moment, SignalFactory
from strategy_runner.strategy_imports import top_level_imports
from warden_client import FIRST_BAR_MS, MINUTE_MS, a_function, running_warden, some_bars

SECRET = new_secret()
SHORT_S, LONG_S = 0.5, 5.0
"""Deadlines of what has to be stopped, and of what ends by itself however slow the machine is today."""
EVALUATIONS = 3
MEMORY = 256 << 20
HONEST = "def generate_signals(data, parameters):\n    return [{'symbol': 'BTCUSDT', 'action': 'BUY'}]\n"
CONFIG = RunnerConfig(
    execution_id="attacked",
    incarnation=1,
    namespace="local",
    name="attacked",
    strategy_id="local/attacked",
    strategy_source=StrategySource.INLINE,
    bundle_digest="sha256:00",
    symbols=("BTCUSDT",),
    timeframe=Timeframe.M1,
)
HANGS_IN_LOADING = ("import_loop",)
PLACES = (Path("/tmp"), Path("/dev/shm"))

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("attacked")


@pytest.fixture(scope="module", autouse=True)
def attacked(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """One warden for all attacks: it has to outlive every one of them. Its supervisor has a secret."""
    os.environ["CANARY_SECRET"] = SECRET
    try:
        with running_warden(folder) as warden:
            yield warden
            assert warden.poll() is None, "the warden ended"
    finally:
        del os.environ["CANARY_SECRET"]


@pytest.fixture
async def doors() -> AsyncIterator[Doors]:
    doors = Doors()
    await doors.open(bound_sockets())
    yield doors
    await doors.close()


class Attacked:
    """One strategy in the sandbox until its first fault, or for three evaluations."""

    def __init__(self, folder: Path, source: str, deadline_s: float) -> None:
        self.printed = ""
        self._source, self._deadline_s = source, deadline_s
        self.link = SandboxLink(
            folder,
            memory_bytes=MEMORY,
            imports=top_level_imports({"main.py": source}),
            on_output=self._on_output,
        )

    def _on_output(self, output: Output) -> None:
        self.printed += output.text

    async def run(self) -> tuple[str, str]:
        """(how it ended, everything it said)."""
        said: list[Any] = []
        try:
            load = Load(
                id=1,
                files={"main.py": self._source},
                entry_point=a_function(),
                parameters={},
                symbols=("BTCUSDT",),
                timeframe="1m",
                lookback_bars=50,
            )
            await self.link.start(load, self._deadline_s)
            for number in range(EVALUATIONS):
                bars = some_bars(40) if number == 0 else some_bars(1, 39 + number)
                at = FIRST_BAR_MS + (40 + number) * MINUTE_MS
                request = Evaluate(id=number + 2, evaluation_time_ms=at, bars={"BTCUSDT": bars})
                answer = await self.link.evaluate(request, self._deadline_s)
                said.append(published(answer.signals, at))
        except StrategyFailed as failure:
            return failure.fault.value, f"{said} {failure.message} {failure.traceback} {self.printed}"
        except ContractViolation as violation:
            return Fault.CONTRACT_VIOLATION.value, str(violation)
        except WorkerLost as lost:
            # A cgroup of its own, and so an OOM kill that is told as such, is what only a container has.
            return Fault.MEMORY_EXCEEDED.value, str(lost)
        return "answers", f"{said} {self.printed}"


def published(candidates: list[Candidate], at_ms: int) -> list[Signal]:
    """What the supervisor makes of an answer. Raises ContractViolation."""
    moment = Moment(
        time_ms=at_ms,
        generated_at=datetime.now(UTC),
        bars={},
        input_revision=0,
        missing=(),
        expired=False,
    )
    return SignalFactory(CONFIG, {}).signals(candidates, moment)


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def traces() -> set[str]:
    return {str(path) for place in PLACES for path in place.glob("PWNED*")}


async def attack(case: Case, folder: Path, warden: subprocess.Popen[bytes], doors: Doors) -> tuple[str, str]:
    before = traces()
    stops_by_itself = case.ends is not None and Fault.TIMEOUT.value not in case.ends
    attacked = Attacked(folder, case.text, LONG_S if stops_by_itself and case.name not in HANGS_IN_LOADING else SHORT_S)
    try:
        ending, said = await attacked.run()
        await attacked.link.discard()
        assert children(warden.pid) == [], "processes are left"
    finally:
        await attacked.link.close()
    assert traces() <= before, "files were written"
    assert leaks(said, SECRET) == []
    assert "'escaped': True" not in said
    await asyncio.sleep(0)
    assert doors.hits == []
    return ending, said


async def assert_next_is_served(folder: Path) -> None:
    honest = Attacked(folder, HONEST, LONG_S)
    try:
        ending, _ = await honest.run()
    finally:
        await honest.link.close()
    assert ending == "answers"


@pytest.mark.parametrize("case", own_attacks(), ids=lambda case: case.name)
async def test_an_attack_ends_as_foreseen_and_leaves_nothing_behind(
    case: Case, folder: Path, attacked: subprocess.Popen[bytes], doors: Doors
) -> None:
    ending, said = await attack(case, folder, attacked, doors)
    assert ending in (case.ends or "").split("|"), said[:2000]
    await assert_next_is_served(folder)


@pytest.mark.parametrize(
    "case",
    shared_attacks() or [pytest.param(None, marks=pytest.mark.skip(reason="the larger corpus is not at hand"))],
    ids=lambda case: case.name if case else "absent",
)
async def test_an_attack_of_the_larger_corpus_leaves_nothing_behind(
    case: Case, folder: Path, attacked: subprocess.Popen[bytes], doors: Doors
) -> None:
    await attack(case, folder, attacked, doors)
    await assert_next_is_served(folder)
