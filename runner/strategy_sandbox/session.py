"""One supervisor's visit: its requests, the worker they are about, and everything that can happen to that worker.

A single loop over poll(2). Runs no user code and waits for nobody but the kernel.
"""

import os
import select
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from strategy_contracts.errors import ContractViolation
from strategy_contracts.worker_protocol import Exited, Kill, Output, Ping, Pong, Spawn, Spawned
from strategy_sandbox.box import SECCOMP, Restrictions
from strategy_sandbox.box.rlimits import address_space
from strategy_sandbox.box.seccomp import read_violation
from strategy_sandbox.child_exits import ChildExits
from strategy_sandbox.control import ControlConnection
from strategy_sandbox.doors import Doors
from strategy_sandbox.errors import NotForkable, WorkerNotBoxed
from strategy_sandbox.oom_counter import read_count
from strategy_sandbox.output import OutputBudget, read_available
from strategy_sandbox.preload import Preloader
from strategy_sandbox.process_facts import memory_of, thread_count
from strategy_sandbox.warden_log import log
from strategy_sandbox.worker_process import NOT_BOXED, Run, WorkerProcess, end_descendants, fork_worker

_GONE: Final = select.POLLHUP | select.POLLERR | select.POLLNVAL


@dataclass(frozen=True, kw_only=True)
class WorkerConditions:
    """How this warden makes workers, whoever asks."""

    run: Run
    readable_paths: tuple[str, ...]
    landlock: bool
    seccomp: bool
    oom_counter: Path | None


class Session:
    """From the acceptance of a supervisor to its end; at most one worker lives meanwhile."""

    def __init__(
        self,
        control: ControlConnection,
        doors: Doors,
        preloader: Preloader,
        conditions: WorkerConditions,
        child_exits: ChildExits,
    ) -> None:
        self._control = control
        self._doors = doors
        self._preloader = preloader
        self._conditions = conditions
        self._child_exits = child_exits
        self._worker: WorkerProcess | None = None
        self._budget = OutputBudget()
        self._oom_kills = 0
        self._open = True

    def run(self) -> None:
        """Serve until the supervisor hangs up or breaks the protocol."""
        try:
            while self._open:
                self._wait_and_act()
        except ContractViolation as violation:
            log.error("supervisor_broke_protocol", error=str(violation))
        finally:
            self._end_worker()
            self._control.close()

    def _wait_and_act(self) -> None:
        interests = list(self._interests())
        poll = select.poll()
        for descriptor, events, _ in interests:
            poll.register(descriptor, events)
        happened = dict(poll.poll(self._timeout_ms()))
        for descriptor, _, act in interests:
            if descriptor in happened:
                act(happened[descriptor])
        self._report_output()

    def _interests(self) -> Iterator[tuple[int, int, Callable[[int], None]]]:
        """Descriptors in the order of handling their events: a request may replace the worker, so it is last."""
        yield self._child_exits.fileno(), select.POLLIN, self._on_signal
        worker = self._worker
        if worker is not None and not worker.killed:
            yield worker.data.fileno(), select.POLLRDHUP, self._on_hang_up
            if worker.violations is not None:
                yield worker.violations, select.POLLIN, self._on_violation
            if worker.output is not None and self._budget.may_read(time.monotonic()):
                yield worker.output, select.POLLIN, self._on_output
        sending = select.POLLOUT if self._control.wants_to_send else 0
        yield self._control.fileno(), select.POLLIN | sending, self._on_control

    def _timeout_ms(self) -> float | None:
        due = self._budget.due_in(time.monotonic())
        return None if due is None else due * 1000 + 1

    def _on_control(self, event: int) -> None:
        if event & select.POLLOUT:
            self._control.flush()
        if event & (select.POLLIN | _GONE):
            requests = self._control.receive()
            if requests is None:
                self._open = False
                return
            for request in requests:
                self._handle(request)

    def _handle(self, request: Spawn | Kill | Ping) -> None:
        match request:
            case Spawn():
                self._spawn(request)
            case Kill(id=spawn_id):
                if self._worker is not None and self._worker.spawn_id == spawn_id:
                    self._worker.kill()
            case Ping(id=ping_id):
                self._control.send(Pong(id=ping_id))

    def _spawn(self, request: Spawn) -> None:
        self._end_worker()
        self._preloader.load(request.imports)
        data = self._doors.take_data_connection()
        if data is None:
            raise ContractViolation("Spawn came before its data connection")
        if thread_count() != 1:
            raise NotForkable("the warden has more than one thread; a library started some")
        conditions = self._conditions
        restrictions = Restrictions(
            address_space_bytes=address_space(request.memory_bytes, memory_of("self")),
            readable_paths=conditions.readable_paths,
            landlock=conditions.landlock,
            seccomp=conditions.seccomp,
        )
        self._oom_kills = read_count(conditions.oom_counter)
        self._budget = OutputBudget()
        try:
            self._worker = fork_worker(request.id, data, restrictions, conditions.run)
        except WorkerNotBoxed as failure:
            log.error("worker_not_boxed", error=str(failure))
            data.close()
            self._control.send(Exited(id=request.id, exit_code=NOT_BOXED))
            return
        log.info("worker_spawned", worker_pid=self._worker.pid, layers=self._worker.layers)
        self._control.send(Spawned(id=request.id, pid=self._worker.pid, layers=self._worker.layers))

    def _on_signal(self, _: int) -> None:
        for child in self._child_exits.take():
            if self._worker is not None and child == self._worker.pid:
                self._collect_worker()
            else:
                os.waitpid(child, 0)

    def _on_hang_up(self, _: int) -> None:
        if self._worker is not None:
            self._worker.kill()

    def _on_violation(self, event: int) -> None:
        worker = self._worker
        if worker is None or worker.violations is None:
            return
        if event & select.POLLIN:
            worker.syscall = read_violation(worker.violations)
            worker.kill()
        else:
            # The worker ended by itself; SIGCHLD tells how.
            worker.stop_watching_violations()

    def _on_output(self, event: int) -> None:
        if self._worker is None or self._worker.output is None:
            return
        chunk = read_available(self._worker.output)
        self._budget.add(chunk)
        if not chunk and event & _GONE:
            # Both ends closed by the strategy, or the end is near: nothing more to read, nothing to poll.
            self._worker.stop_reading_output()

    def _report_output(self) -> None:
        now = time.monotonic()
        if self._worker is not None and self._budget.due_in(now) == 0.0:
            text, dropped = self._budget.take(now)
            self._control.send(Output(id=self._worker.spawn_id, text=text, dropped_bytes=dropped))

    def _end_worker(self) -> None:
        """Kill and reap a worker that nobody wants any more."""
        if self._worker is not None:
            self._worker.kill()
            os.waitid(os.P_PID, self._worker.pid, os.WEXITED | os.WNOWAIT)
            self._collect_worker()

    def _collect_worker(self) -> None:
        worker = self._worker
        assert worker is not None
        report = worker.reap()
        if report is None:
            return
        self._budget.add(read_available(worker.output) if worker.output is not None else b"")
        if self._budget.due_in(0.0) is not None:
            text, dropped = self._budget.take(time.monotonic())
            self._control.send(Output(id=worker.spawn_id, text=text, dropped_bytes=dropped))
        by_kernel = report.signal == signal.SIGKILL and not worker.killed
        if by_kernel and read_count(self._conditions.oom_counter) > self._oom_kills:
            report = msgspec.structs.replace(report, oom_killed=True)
        log.info(
            "worker_exited",
            worker_pid=worker.pid,
            signal=report.signal,
            exit_code=report.exit_code,
            ending_seconds=0.0 if worker.killed_at is None else round(time.monotonic() - worker.killed_at, 4),
        )
        self._control.send(report)
        worker.close()
        if SECCOMP not in worker.layers:
            end_descendants(worker.pid)
        self._worker = None
