"""Resource limits of a worker: the author meets a MemoryError with a line before the kernel meets the process."""

import resource
from typing import Final

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
