"""Kernels and runtimes that lack a layer: the same verdicts as far as there is evidence, and an honest report.

The absence is made by the warden's settings; a kernel without seccomp notifications (as gVisor is one) by another
listener that stands in the way.
"""

import asyncio
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from strategy_contracts.status_report import Fault
from strategy_contracts.worker_protocol import Evaluate, Evaluated, Load
from strategy_runner.errors import StrategyFailed
from strategy_runner.sandbox_link import SandboxLink
from warden_client import FIRST_BAR_MS, PATIENCE_S, Supervisor, a_function, is_running, running_warden, some_bars

LOOP = "while True: pass"
BOMB = "hoard = []\nwhile True: hoard.append(bytearray(1 << 22))"
CRASH = "import ctypes\nctypes.string_at(0)"
RAISE = "raise KeyError('rsi')"
FORK = "import os\nos.fork()"
HOLD = "return []"

# Of two listeners in one process the kernel refuses the second.
WITHOUT_NOTIFICATIONS = """
import platform, sys
from strategy_sandbox.box import bpf, linux, seccomp, system_calls
linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
architecture = system_calls.ARCHITECTURES[platform.machine()]
listener = seccomp._install(bpf.assemble(architecture, (), bpf.ALLOW), seccomp._NEW_LISTENER)
from strategy_sandbox.warden_process import main
main(sys.argv[1:])
"""


@dataclass(frozen=True)
class Machine:
    """What a node offers, and what follows from it."""

    layers: tuple[str, ...]
    notifies: bool = True


MACHINES = {
    "everything": Machine(("rlimits", "landlock", "seccomp")),
    "no Landlock": Machine(("rlimits", "seccomp")),
    "no seccomp": Machine(("rlimits", "landlock")),
    "neither": Machine(("rlimits",)),
    "no Landlock and no notifications": Machine(("rlimits", "seccomp"), notifies=False),
}


@contextmanager
def warden_on(machine: Machine, folder: Path) -> Iterator[None]:
    options = ["--box-layers", ",".join(machine.layers)]
    if machine.notifies:
        with running_warden(folder, *options):
            yield
        return
    options += ["--strategy-socket-dir", str(folder), "--supervisor-uid", str(os.getuid()), "--exit-with-parent"]
    command = [sys.executable, "-OO", "-c", WITHOUT_NOTIFICATIONS, *options]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


class Run:
    """Strategies one after another in one sandbox."""

    def __init__(self, folder: Path) -> None:
        self.link = SandboxLink(folder, memory_bytes=256 << 20, imports=("pandas",), on_output=lambda _: None)
        self._ids = 0

    async def ask(self, body: str, deadline_s: float) -> StrategyFailed | Evaluated:
        """What becomes of one evaluation of a strategy with this body."""
        code = "def generate_signals(data, parameters):\n" + textwrap.indent(body, "    ") + "\n"
        load = Load(
            id=self._next(),
            files={"main.py": code},
            entry_point=a_function(),
            parameters={},
            symbols=("BTCUSDT",),
            timeframe="1m",
            lookback_bars=10,
        )
        await self.link.start(load, 20.0)
        bars = {"BTCUSDT": some_bars(3)}
        try:
            return await self.link.evaluate(
                Evaluate(id=self._next(), evaluation_time_ms=FIRST_BAR_MS, bars=bars), deadline_s
            )
        except StrategyFailed as failure:
            return failure

    def _next(self) -> int:
        self._ids += 1
        return self._ids


@pytest.mark.parametrize("machine", [pytest.param(machine, id=name) for name, machine in MACHINES.items()])
async def test_verdicts_and_status_where_layers_are_missing(machine: Machine, tmp_path: Path) -> None:
    with warden_on(machine, tmp_path):
        run = Run(tmp_path)
        try:
            verdicts = [await run.ask(body, 0.5) for body in (LOOP, CRASH)]
            verdicts += [await run.ask(body, 20.0) for body in (BOMB, RAISE, FORK)]
            loop, crash, bomb, error, fork = verdicts
            assert isinstance(await run.ask(HOLD, 20.0), Evaluated)
            started = await run.link.start(a_load(), 20.0)
        finally:
            await run.link.close()
    assert started.layers == machine.layers
    assert fault_of(loop) == (Fault.TIMEOUT, None)
    assert fault_of(crash) == (Fault.CRASHED, None)
    assert fault_of(bomb) == (Fault.MEMORY_EXCEEDED, 3)
    assert fault_of(error) == (Fault.STRATEGY_ERROR, 2)
    if "seccomp" in machine.layers:
        assert isinstance(fork, StrategyFailed) and fork.fault is Fault.SECURITY_VIOLATION
        assert ("the system call" in fork.message) == machine.notifies
    else:
        # No evidence, no accusation: with two processes at one socket anything may be answered.
        assert not isinstance(fork, StrategyFailed) or fork.fault is not Fault.SECURITY_VIOLATION


@pytest.mark.parametrize("machine", [pytest.param(machine, id=name) for name, machine in MACHINES.items()])
async def test_isolation_can_be_required(machine: Machine, tmp_path: Path) -> None:
    with warden_on(machine, tmp_path):
        link = SandboxLink(tmp_path, memory_bytes=256 << 20, imports=(), on_output=lambda _: None)
        try:
            for layer in ("rlimits", "landlock", "seccomp"):
                if layer in machine.layers:
                    await link.start(a_load(), 20.0, (layer,))
                    continue
                with pytest.raises(StrategyFailed, match=layer) as caught:
                    await link.start(a_load(), 20.0, (layer,))
                assert caught.value.fault is Fault.ISOLATION_MISSING
        finally:
            await link.close()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give the warden process ids of its own")
async def test_what_a_worker_has_forked_ends_with_it_where_nothing_forbids_forking(tmp_path: Path) -> None:
    spare = "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(600)\nreturn []"
    command = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", sys.executable, "-m", "strategy_sandbox"]
    command += ["--strategy-socket-dir", str(tmp_path), "--supervisor-uid", "0", "--box-layers", "rlimits"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            with Supervisor(tmp_path) as supervisor:
                supervisor.spawn()
                supervisor.load("def generate_signals(data, parameters):\n" + textwrap.indent(spare, "    ") + "\n")
                supervisor.evaluate({"BTCUSDT": some_bars(3)})
                (warden,) = children_of(process.pid)
                (worker,) = children_of(warden)
                (fork,) = children_of(worker)
                supervisor.kill()
                async with asyncio.timeout(PATIENCE_S):
                    while is_running(fork):
                        await asyncio.sleep(0.01)
        finally:
            process.kill()


def a_load() -> Load:
    return Load(
        id=99,
        files={"main.py": "def generate_signals(data, parameters):\n    return []\n"},
        entry_point=a_function(),
        parameters={},
        symbols=("BTCUSDT",),
        timeframe="1m",
        lookback_bars=10,
    )


def fault_of(verdict: StrategyFailed | Evaluated) -> tuple[Fault, int | None]:
    """Kind and line."""
    assert isinstance(verdict, StrategyFailed), verdict
    return verdict.fault, verdict.line


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
