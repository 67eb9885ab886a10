"""Forking, watching and reaping one worker: descriptors, death signal, the box, the exit report.

Runs in the warden, except `_become_worker`, which is the first thing the child does and never returns.
"""

import contextlib
import fcntl
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NoReturn

from strategy_contracts.worker_protocol import Exited
from strategy_sandbox.box import Restrictions, enclose
from strategy_sandbox.box.filter_rules import KILLED_BY_KERNEL
from strategy_sandbox.box.linux import PR_SET_PDEATHSIG, prctl
from strategy_sandbox.errors import WorkerNotBoxed
from strategy_sandbox.process_facts import memory_of

NOT_BOXED: Final = 71
"""The worker's exit code when a layer could not be installed."""
_BUG: Final = 70
"""The worker's exit code when our own part of it failed; the traceback is in its output."""
_BOX_DEADLINE_SECONDS: Final = 10.0

_DATA: Final = 0
_OUTPUTS: Final = (1, 2)
_REPORT: Final = 3
"""Descriptors of a worker; the last one only until its box is on."""

Run = Callable[[socket.socket], int]
"""The worker's life: the data connection in, the exit code out."""


@dataclass
class WorkerProcess:
    """A live worker as the warden sees it. The warden keeps `data` only to notice that the supervisor hung up."""

    spawn_id: int
    pid: int
    layers: tuple[str, ...]
    data: socket.socket
    output: int | None
    violations: int | None
    """Where the tripwires report, if the kernel can."""
    names_violations: bool
    killed_at: float | None = None
    """When the warden has killed it, by the monotonic clock."""
    peak_bytes: int = 0
    syscall: str | None = None
    """The forbidden call that the warden killed it for."""

    @property
    def killed(self) -> bool:
        return self.killed_at is not None

    def kill(self) -> None:
        """SIGKILL; the peak is read first, because a zombie has no memory to look at."""
        if self.killed_at is None:
            self.killed_at = time.monotonic()
        self.peak_bytes = max(self.peak_bytes, memory_of(self.pid).peak_resident_bytes)
        os.kill(self.pid, signal.SIGKILL)

    def reap(self) -> Exited | None:
        """What became of it; None while it lives."""
        pid, status, usage = os.wait4(self.pid, os.WNOHANG)
        if pid == 0:
            return None
        killed_by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        if killed_by == signal.SIGSYS and self.names_violations:
            self.syscall = KILLED_BY_KERNEL
        return Exited(
            id=self.spawn_id,
            signal=int(signal.SIGSYS) if self.syscall else killed_by,
            exit_code=os.WEXITSTATUS(status) if os.WIFEXITED(status) else 0,
            # Forked and never exec'ed: the kernel's maximum is the worker's own.
            peak_memory_bytes=max(self.peak_bytes, usage.ru_maxrss * 1024),
            cpu_seconds=round(usage.ru_utime + usage.ru_stime, 6),
            syscall=self.syscall,
        )

    def stop_watching_violations(self) -> None:
        if self.violations is not None:
            os.close(self.violations)
            self.violations = None

    def stop_reading_output(self) -> None:
        if self.output is not None:
            os.close(self.output)
            self.output = None

    def close(self) -> None:
        self.data.close()
        self.stop_reading_output()
        self.stop_watching_violations()


def fork_worker(spawn_id: int, data: socket.socket, restrictions: Restrictions, run: Run) -> WorkerProcess:
    """A boxed worker that owns `data`; WorkerNotBoxed when a layer failed and the worker is gone."""
    warden = os.getpid()
    output, output_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    os.set_blocking(output_end, True)
    report, report_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        places = {_DATA: data.fileno(), _OUTPUTS[0]: output_end, _OUTPUTS[1]: output_end, _REPORT: report_end.fileno()}
        _become_worker(warden, places, restrictions, run)
    os.close(output_end)
    report_end.close()
    try:
        layers, violations = _await_box(report)
    except WorkerNotBoxed:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(output)
        raise
    finally:
        report.close()
    return WorkerProcess(spawn_id, pid, layers, data, output, violations, violations is not None)


def end_descendants(worker: int) -> None:
    """Kill what a worker that could fork has left behind; whoever left its process group too only as process 1."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(worker, signal.SIGKILL)
    if os.getpid() == 1:
        # All others of this container: a worker was the only other thing that ran in it.
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)


def _await_box(report: socket.socket) -> tuple[tuple[str, ...], int | None]:
    """The layers and the tripwires' listener, as the child reports them before any user code."""
    violations: int | None = None
    report.settimeout(_BOX_DEADLINE_SECONDS)
    with contextlib.suppress(TimeoutError):
        message = b"-"
        while message:
            message, descriptors, _, _ = socket.recv_fds(report, 1024, 1)
            if descriptors:
                violations = descriptors[0]
            elif message:
                return tuple(message.decode().split()), violations
    if violations is not None:
        os.close(violations)
    raise WorkerNotBoxed("the worker ended or hung before all layers of its box were on")


def _become_worker(warden: int, descriptors: dict[int, int], restrictions: Restrictions, run: Run) -> NoReturn:
    code = NOT_BOXED
    try:
        _leave_the_warden(warden)
        _keep_only(descriptors)
        connection, report = socket.socket(fileno=_DATA), socket.socket(fileno=_REPORT)
        layers = enclose(restrictions, lambda listener: _hand_over(report, listener))
        report.send(" ".join(layers).encode())
        report.close()
        code = _BUG
        code = run(connection)
    except BaseException:  # noqa: BLE001 - nothing may unwind into the warden's stack
        traceback.print_exc()
    finally:
        os._exit(code)


def _leave_the_warden(warden: int) -> None:
    """Own session, default signals, no environment; dies with the warden."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != warden:
        os._exit(NOT_BOXED)
    os.setsid()
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    os.environ.clear()


def _keep_only(descriptors: dict[int, int]) -> None:
    """Move the descriptors a worker has to their places, and close all others."""
    # Out of the way first: a source must not lie where another one goes.
    sources = {place: fcntl.fcntl(number, fcntl.F_DUPFD, _REPORT + 1) for place, number in descriptors.items()}
    for place, source in sources.items():
        os.dup2(source, place)
    os.closerange(_REPORT + 1, os.sysconf("SC_OPEN_MAX"))


def _hand_over(report: socket.socket, listener: int) -> None:
    socket.send_fds(report, [b"tripwires"], [listener])
