"""What the kernel says about a process: memory and threads, read from /proc. Knows nothing of the sandbox."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class ProcessMemory:
    """Sizes in bytes; zero where the kernel does not say (a zombie, gVisor)."""

    virtual_bytes: int = 0
    resident_bytes: int = 0
    peak_resident_bytes: int = 0


def memory_of(process: int | str) -> ProcessMemory:
    """Memory of a process id, or of "self"; all zero when it is gone."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ProcessMemory()
    return parse_memory(status)


def parse_memory(status: str) -> ProcessMemory:
    """The sizes in the text of /proc/<pid>/status, which counts in kB."""
    sizes = {}
    for line in status.splitlines():
        name, _, value = line.partition(":")
        if name in ("VmSize", "VmRSS", "VmHWM"):
            sizes[name] = int(value.split()[0]) * 1024
    return ProcessMemory(
        virtual_bytes=sizes.get("VmSize", 0),
        resident_bytes=sizes.get("VmRSS", 0),
        peak_resident_bytes=sizes.get("VmHWM", 0),
    )


def thread_count() -> int:
    """Threads of this process: a fork copies only the calling one, with the locks of all."""
    return sum(1 for _ in Path("/proc/self/task").iterdir())
