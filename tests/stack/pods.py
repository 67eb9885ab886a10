"""The processes of a runner pod as the node sees them, to kill or freeze them from outside."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True)
class PodProcesses:
    """Host pids of the three processes of one runner pod."""

    supervisor: int
    warden: int
    worker: int | None


def processes_of(pod_uid: str) -> PodProcesses | None:
    """The pod's processes, or None while it does not have a supervisor and a warden."""
    members = {pid: _command(pid) for pid in _pids_of_pod(pod_uid)}
    supervisors = [pid for pid, command in members.items() if "strategy_runner" in command]
    sandbox = [pid for pid, command in members.items() if "strategy_sandbox" in command]
    wardens = [pid for pid in sandbox if _parent(pid) not in sandbox]
    if len(supervisors) != 1 or len(wardens) != 1:
        return None
    workers = [pid for pid in sandbox if _parent(pid) == wardens[0]]
    return PodProcesses(supervisors[0], wardens[0], workers[0] if len(workers) == 1 else None)


def kill(pid: int) -> None:
    """SIGKILL, as a crash or the kernel would."""
    os.kill(pid, signal.SIGKILL)


def freeze(pid: int) -> None:
    """SIGSTOP: the process is there, holds what it holds, and does nothing."""
    os.kill(pid, signal.SIGSTOP)


def thaw(pid: int) -> None:
    """SIGCONT."""
    os.kill(pid, signal.SIGCONT)


def _pids_of_pod(pod_uid: str) -> list[int]:
    # cgroupfs names the pod's cgroup `pod<uid>`, systemd `pod<uid with underscores>`.
    names = (f"pod{pod_uid}", f"pod{pod_uid.replace('-', '_')}")
    found = []
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                cgroups = (entry / "cgroup").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if any(name in cgroups for name in names):
                found.append(int(entry.name))
    return found


def _command(pid: int) -> str:
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _parent(pid: int) -> int | None:
    try:
        return int((PROC / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None
