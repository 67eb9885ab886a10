"""Pods as the node sees them, whatever they say of themselves: processes, files, and their network from inside."""

import ctypes
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from corpus.canary import bound_sockets

PROC = Path("/proc")
_POD = re.compile(r"pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12})")
_CLONE_NEWNET = 0x40000000
_GIVEN = {"/dev/termination-log", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf"}
"""Files that the kubelet mounts; the first must be empty in the strategy container."""
_NO_FILES = {"proc", "sysfs", "cgroup", "cgroup2", "devpts"}


def processes_by_pod() -> dict[str, list[int]]:
    """Process ids by the uid of their pod."""
    found: dict[str, list[int]] = {}
    for entry in os.scandir(PROC):
        if entry.name.isdigit():
            try:
                cgroup = (PROC / entry.name / "cgroup").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if (match := _POD.search(cgroup)) is not None:
                found.setdefault(match[1].replace("_", "-"), []).append(int(entry.name))
    return found


def sandbox_process(pids: list[int]) -> int | None:
    """The process that holds the pod's network, there before any container."""
    return next((pid for pid in pids if "pause" in _command(pid)), None)


def left_over(pids: list[int]) -> list[str]:
    """Processes and threads that have no business in a runner pod."""
    sandbox = [pid for pid in pids if "strategy_sandbox" in _command(pid)]
    wardens = [pid for pid in sandbox if _parent(pid) not in sandbox]
    workers = [pid for pid in sandbox if _parent(pid) in wardens]
    supervisors = [pid for pid in pids if "strategy_runner" in _command(pid)]
    known = {*wardens, *workers[:1], *supervisors[:1], sandbox_process(pids)}
    problems = [f"a process is left: {_command(pid) or pid}" for pid in pids if pid not in known and _parent(pid)]
    for pid in workers:
        threads = _count(PROC / str(pid) / "task")
        if threads > 1:
            problems.append(f"the worker has {threads} threads")
    return problems


def written_files(pids: list[int]) -> list[str]:
    """Files in whatever a container of the pod could write that neither the image nor the kubelet put there."""
    found = set()
    for pid in pids:
        root = PROC / str(pid) / "root"
        for mount in _writable_mounts(pid):
            for path, size in _files(root / mount.lstrip("/")):
                name = "/" + str(path.relative_to(root))
                if name not in _GIVEN or (name == "/dev/termination-log" and size and "sandbox" in _command(pid)):
                    found.add(name)
    return sorted(found)


def doors_in(pid: int) -> "list[object]":
    """Sockets bound to the canary port in the network of that process. Run it in a thread that may change network."""
    libc = ctypes.CDLL(None, use_errno=True)
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    away = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
    try:
        if libc.setns(away, _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        try:
            return list(bound_sockets())
        finally:
            libc.setns(home, _CLONE_NEWNET)
    finally:
        os.close(home)
        os.close(away)


def is_first_of_container(pid: int, pids: list[int]) -> bool:
    """Whether its parent is outside of the pod; the process that only holds the network does not count."""
    return _parent(pid) not in pids and "pause" not in _command(pid)


def _writable_mounts(pid: int) -> Iterator[str]:
    for line in (PROC / str(pid) / "mountinfo").read_text().splitlines():
        mount, _, filesystem = line.partition(" - ")
        fields = mount.split()
        if "rw" in fields[5].split(",") and filesystem.split()[0] not in _NO_FILES:
            yield fields[4]


def _files(top: Path) -> Iterator[tuple[Path, int]]:
    """Everything there that can hold bytes, links too; sockets, devices and folders cannot."""
    if not top.is_dir():
        if top.is_file():
            yield top, top.lstat().st_size
        return
    device = top.stat().st_dev
    for folder, folders, names in os.walk(top):
        # Other mounts below it are looked at, or not, as mounts of their own.
        folders[:] = [name for name in folders if (Path(folder) / name).lstat().st_dev == device]
        for name in names:
            path = Path(folder) / name
            mode = path.lstat().st_mode
            if stat.S_ISREG(mode) or stat.S_ISLNK(mode):
                target = str(path.readlink()) if stat.S_ISLNK(mode) else ""
                # /dev has links of its own, into /proc.
                if not target.startswith(("/proc/", "pts/")):
                    yield path, path.lstat().st_size


def _command(pid: int) -> str:
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _parent(pid: int) -> int | None:
    try:
        return int((PROC / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None


def _count(folder: Path) -> int:
    try:
        return len(list(folder.iterdir()))
    except (FileNotFoundError, ProcessLookupError):
        return 0
