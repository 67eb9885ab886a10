"""How often the kernel has killed for memory in this container's cgroup, on cgroup v1 and v2."""

from pathlib import Path
from typing import Final

CGROUP_ROOT: Final = Path("/sys/fs/cgroup")


def find_counter_file(root: Path = CGROUP_ROOT, membership: Path = Path("/proc/self/cgroup")) -> Path | None:
    """The file that counts OOM kills of our cgroup, or None where none can be read.

    Inside a container the cgroup is usually mounted as the root, while `membership` may still name the
    node's path: so the path is tried first and the root second.
    """
    for line in membership.read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            folders = (root / path.lstrip("/"), root)
            name = "memory.events"
        elif "memory" in controllers.split(","):
            folders = (root / "memory" / path.lstrip("/"), root / "memory")
            name = "memory.oom_control"
        else:
            continue
        for folder in folders:
            if (folder / name).is_file():
                return folder / name
    return None


def read_count(counter_file: Path | None) -> int:
    """OOM kills so far; 0 where they cannot be read."""
    if counter_file is None:
        return 0
    try:
        text = counter_file.read_text()
    except OSError:
        return 0
    for line in text.splitlines():
        name, _, value = line.partition(" ")
        if name == "oom_kill":
            return int(value)
    return 0
