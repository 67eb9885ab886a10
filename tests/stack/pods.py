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
    # cgroupfs names the pod's cgroup `pod<uid>`, systemd `pod<uid with underscores>`.
    pids = _pids_of(f"pod{pod_uid}") or _pids_of(f"pod{pod_uid.replace('-', '_')}")
    members = {pid: _command(pid) for pid in pids}
    supervisors = [pid for pid, command in members.items() if "strategy_runner" in command]
    sandbox = [pid for pid, command in members.items() if "strategy_sandbox" in command]
    wardens = [pid for pid in sandbox if _parent(pid) not in sandbox]
    if len(supervisors) != 1 or len(wardens) != 1:
        return None
    workers = [pid for pid in sandbox if _parent(pid) == wardens[0]]
    return PodProcesses(supervisors[0], wardens[0], workers[0] if len(workers) == 1 else None)


def main_process(container_id: str) -> int:
    """The host pid of a container's first process: the one whose parent is outside of the container."""
    members = _pids_of(container_id)
    return next(pid for pid in members if _parent(pid) not in members)


def kill(pid: int) -> None:
    """SIGKILL, as a crash or the kernel would."""
    os.kill(pid, signal.SIGKILL)


def freeze(pid: int) -> None:
    """SIGSTOP: the process is there, holds what it holds, and does nothing."""
    os.kill(pid, signal.SIGSTOP)


def thaw(pid: int) -> None:
    """SIGCONT."""
    os.kill(pid, signal.SIGCONT)


def _pids_of(cgroup_part: str) -> list[int]:
    found = []
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                cgroups = (entry / "cgroup").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if cgroup_part in cgroups:
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
