"""Resource limits of a worker: the author meets a MemoryError with a line before the kernel meets the process."""

import contextlib
import resource
from pathlib import Path
from typing import Final

from strategy_sandbox.box.linux import PR_SET_DUMPABLE, prctl
from strategy_sandbox.process_facts import ProcessMemory

MARGIN_BYTES: Final = 32 * 1024 * 1024
"""For pages shared with the warden that the worker writes to, and for the kernel's own bookkeeping."""
SMALLEST_HEAP_BYTES: Final = 16 * 1024 * 1024


def address_space(container_bytes: int, warden: ProcessMemory) -> int:
    """RLIMIT_AS of a worker that is forked from `warden` in a container with this limit.

    It begins with the warden's whole address space and may add what the warden has not used up of the container.
    """
    return warden.virtual_bytes + max(container_bytes - warden.resident_bytes - MARGIN_BYTES, SMALLEST_HEAP_BYTES)


def restrict_resources(address_space_bytes: int) -> None:
    """Limit this process; a worker cannot raise these again."""
    _be_the_first_victim()
    limits = {
        resource.RLIMIT_AS: address_space_bytes,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: 16,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    for limit, value in limits.items():
        _, hard = resource.getrlimit(limit)
        allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (allowed, allowed))


def _be_the_first_victim() -> None:
    """If the kernel must kill something in this container, the worker it is and not the warden."""
    # The file belongs to root while the process is not dumpable, which it has from the warden.
    prctl(PR_SET_DUMPABLE, 1)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    prctl(PR_SET_DUMPABLE, 0)
