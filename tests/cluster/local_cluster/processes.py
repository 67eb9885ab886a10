"""Our long-running processes: started in sessions of their own, recorded on disk, ended by pid alone.

A record holds the boot and the start time of the pid it names, so that a number the kernel has given to
somebody else is never mistaken for ours.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from . import fingerprints, listeners
from .layout import Layout
from .procfs import boot_id, start_ticks


@dataclass(frozen=True)
class Program:
    """A component to run. `inputs` are what, besides the arguments, must restart it when it changes."""

    name: str
    argv: tuple[str, ...]
    endpoint: str = ""
    listens: tuple[listeners.Listener, ...] = ()
    inputs: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_grace_s: float = 10.0

    @property
    def fingerprint(self) -> str:
        return fingerprints.of_texts(
            *self.argv, *self.inputs, *sorted(map(str, self.environment.items())), str(self.user)
        )


@dataclass(frozen=True)
class Record:
    name: str
    pid: int
    start_ticks: int
    boot_id: str
    fingerprint: str
    endpoint: str
    stop_signal: int
    stop_grace_s: float


def records(layout: Layout) -> dict[str, Record]:
    """What was started and not stopped, living or dead, in the order of starting."""
    found = [Record(**json.loads(path.read_text())) for path in layout.run.glob("*.json")]
    return {record.name: record for record in sorted(found, key=lambda record: record.start_ticks)}


def alive(record: Record) -> bool:
    return record.boot_id == boot_id() and start_ticks(record.pid) == record.start_ticks


def ensure_running(program: Program, layout: Layout) -> bool:
    """Starts the program unless exactly it is running; True when a process was started."""
    record = records(layout).get(program.name)
    if record is not None and alive(record):
        if record.fingerprint == program.fingerprint:
            return False
        stop([record], layout)
    _start(program, layout)
    return True


def _start(program: Program, layout: Layout) -> None:
    for listener in program.listens:
        listeners.require_free(listener, program.name)
    layout.run.mkdir(parents=True, exist_ok=True)
    layout.log.mkdir(parents=True, exist_ok=True)
    log = layout.log / f"{program.name}.log"
    if log.exists():
        log.replace(log.with_suffix(".previous.log"))
    with log.open("wb") as output:
        process = subprocess.Popen(
            program.argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=layout.state,
            env={**os.environ, **program.environment},
            user=program.user,
            group=program.user,
            extra_groups=[] if program.user else None,
            start_new_session=True,
        )
    record = Record(
        name=program.name,
        pid=process.pid,
        start_ticks=start_ticks(process.pid) or 0,
        boot_id=boot_id(),
        fingerprint=program.fingerprint,
        endpoint=program.endpoint,
        stop_signal=program.stop_signal,
        stop_grace_s=program.stop_grace_s,
    )
    # The process outlives us on purpose; without this the interpreter warns that it was not waited for.
    process.returncode = 0
    (layout.run / f"{program.name}.json").write_text(json.dumps(asdict(record), indent=1))


def stop(stopping: Sequence[Record], layout: Layout) -> list[str]:
    """Ends processes together, each by its own signal, then by SIGKILL; names those that had to be killed."""
    living = [record for record in stopping if alive(record)]
    for record in living:
        _signal(record.pid, record.stop_signal)
    deadline = time.monotonic() + max((record.stop_grace_s for record in living), default=0.0)
    stubborn = _wait_gone(living, deadline)
    for record in stubborn:
        _signal(record.pid, signal.SIGKILL)
    _wait_gone(stubborn, time.monotonic() + 5)
    for record in stopping:
        if not alive(record):
            (layout.run / f"{record.name}.json").unlink(missing_ok=True)
    return [record.name for record in stubborn]


def kill(pids: Sequence[int]) -> None:
    """SIGKILL for processes already known to be ours, and a wait until they are gone."""
    known = {pid: start_ticks(pid) for pid in pids}
    for pid in pids:
        _signal(pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and any(ticks and start_ticks(pid) == ticks for pid, ticks in known.items()):
        time.sleep(0.02)


def _wait_gone(living: Sequence[Record], deadline: float) -> list[Record]:
    remaining = list(living)
    while remaining and time.monotonic() < deadline:
        time.sleep(0.02)
        remaining = [record for record in remaining if alive(record)]
    return remaining


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
