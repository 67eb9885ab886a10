"""What only the owner of the machine can give us; every refusal says what to do."""

import os
import platform
from collections.abc import Mapping
from pathlib import Path

from .errors import MachineUnfit

NEEDED_MEMORY_MIB = 6 * 1024
MACHINES = ("x86_64", "aarch64")


def require_root() -> None:
    if os.geteuid() != 0:
        raise MachineUnfit("the local cluster needs root (containers, a bridge, cgroups): run it again with sudo")


def os_release(text: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line and not line.startswith("#"))
    return {key: value.strip("\"'") for key, _, value in pairs}


def require_debian(release: Mapping[str, str], machine: str) -> None:
    family = {release.get("ID", ""), *release.get("ID_LIKE", "").split()}
    if "debian" not in family:
        name = release.get("PRETTY_NAME", "this system")
        raise MachineUnfit(
            f"{name} is not supported (packages come from apt): use Debian 12 or Ubuntu, or a machine with Docker"
        )
    if machine not in MACHINES:
        raise MachineUnfit(f"processor type {machine} is not supported: use one of {', '.join(MACHINES)}")


def total_memory_mib(meminfo: str) -> int:
    line = next(line for line in meminfo.splitlines() if line.startswith("MemTotal:"))
    return int(line.split()[1]) // 1024


def require_memory(mib: int) -> None:
    if mib < NEEDED_MEMORY_MIB:
        raise MachineUnfit(f"this machine has {mib} MiB of memory; the local cluster needs {NEEDED_MEMORY_MIB} MiB")


def check() -> None:
    if platform.system() != "Linux":
        raise MachineUnfit(f"the local cluster needs Linux, this is {platform.system()}: use a machine with Docker")
    require_root()
    require_debian(os_release(Path("/etc/os-release").read_text()), platform.machine())
    require_memory(total_memory_mib(Path("/proc/meminfo").read_text()))
