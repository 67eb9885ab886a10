"""Resource limits of a worker: the author meets a MemoryError with a line before the kernel meets the process."""

import resource
from typing import Final

from strategy_sandbox.process_facts import memory_of

MARGIN_BYTES: Final = 32 * 1024 * 1024
"""For pages shared with the warden that the worker writes to, and for the kernel's own bookkeeping."""
SMALLEST_HEAP_BYTES: Final = 16 * 1024 * 1024


def address_space(size_at_fork: int, memory_bytes: int, zygote_bytes: int) -> int:
    """RLIMIT_AS of a worker whose address space is `size_at_fork` bytes before it has done anything."""
    return size_at_fork + max(memory_bytes - zygote_bytes - MARGIN_BYTES, SMALLEST_HEAP_BYTES)


def restrict_resources(memory_bytes: int, zygote_bytes: int) -> None:
    """Limit this process; a worker cannot raise these again."""
    limits = {
        resource.RLIMIT_AS: address_space(memory_of("self").virtual_bytes, memory_bytes, zygote_bytes),
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
