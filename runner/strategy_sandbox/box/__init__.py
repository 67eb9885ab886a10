"""The box: what takes the operating system away from a worker before the first byte of user code.

Layers in order of installation: rlimits, Landlock, seccomp. Only rlimits is required to work everywhere;
the others are used where the kernel has them, and `enclose` says which are on. The honest boundary is the
sum of these and the pod around them; nothing inside Python is counted on.
"""

from collections.abc import Callable
from dataclasses import dataclass

from strategy_sandbox.box.landlock import restrict_files
from strategy_sandbox.box.rlimits import restrict_resources
from strategy_sandbox.box.seccomp import confine_system_calls, install_tripwires

RLIMITS = "rlimits"
LANDLOCK = "landlock"
SECCOMP = "seccomp"


@dataclass(frozen=True, kw_only=True)
class Restrictions:
    """What the worker is left with."""

    address_space_bytes: int
    """All that may be mapped, shared pages of the warden included; see `address_space`."""
    readable_paths: tuple[str, ...] = ()
    """Folders whose files may be read where Landlock is on: the Python libraries and time zones."""
    landlock: bool = True
    seccomp: bool = True


def enclose(restrictions: Restrictions, hand_over: Callable[[int], None]) -> tuple[str, ...]:
    """Install every layer on this process, for good; the names of those that are on.

    `hand_over` gets the descriptor from which the warden learns of forbidden system calls, when the
    kernel has such a thing. It is called between the two filters, because afterwards nothing can be sent with it.
    """
    layers = [RLIMITS]
    restrict_resources(restrictions.address_space_bytes)
    if restrictions.landlock and restrict_files(restrictions.readable_paths):
        layers.append(LANDLOCK)
    if restrictions.seccomp and install_tripwires(hand_over):
        confine_system_calls()
        layers.append(SECCOMP)
    return tuple(layers)
