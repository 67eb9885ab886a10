"""Landlock: after this a worker can read the Python libraries and time zones, and touch no other file.

Every right up to ABI 8 that the kernel knows is taken away, also TCP (from ABI 4) and signals and
abstract sockets across the box (ABI 6). Absent on old kernels and under gVisor: then the layer is off.
"""

import errno
import os
import struct
from typing import Final

from strategy_sandbox.box.linux import PR_SET_NO_NEW_PRIVS, prctl, system_call

# Equal on every architecture.
_CREATE_RULESET: Final = 444
_ADD_RULE: Final = 445
_RESTRICT_SELF: Final = 446
_ASK_VERSION: Final = 1
_PATH_BENEATH: Final = 1

_RULESET: Final = struct.Struct("=QQQ")
_PATH_RULE: Final = struct.Struct("=Qi")
"""The kernel declares it packed: a u64 and an s32 with nothing after."""

_READ_FILE: Final = 1 << 2
_READ_DIR: Final = 1 << 3
_BOTH_TCP_RIGHTS: Final = 0b11
_BOTH_SCOPES: Final = 0b11


def file_rights(abi: int) -> int:
    """Every file right that this ABI can take away, as bits: 13 at first, then refer, truncate, device ioctl."""
    count = 13 + sum(abi >= introduced for introduced in (2, 3, 5))
    return (1 << count) - 1


def network_rights(abi: int) -> int:
    return _BOTH_TCP_RIGHTS if abi >= 4 else 0


def scopes(abi: int) -> int:
    return _BOTH_SCOPES if abi >= 6 else 0


def restrict_files(readable_paths: tuple[str, ...]) -> bool:
    """Restrict this process; False where the kernel has no Landlock."""
    abi = _supported_abi()
    if abi == 0:
        return False
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    ruleset = _create_ruleset(abi)
    try:
        for path in readable_paths:
            _allow_reading(ruleset, path)
        system_call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return True


def _supported_abi() -> int:
    try:
        return system_call(_CREATE_RULESET, None, 0, _ASK_VERSION)
    except OSError as error:
        if error.errno in (errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM):
            return 0
        raise


def _create_ruleset(abi: int) -> int:
    try:
        return _ruleset_with(abi, scopes(abi))
    except OSError as error:
        # Some distribution kernels claim ABI 6 without the signal scope.
        if error.errno != errno.EINVAL or not scopes(abi):
            raise
    return _ruleset_with(abi, 0)


def _ruleset_with(abi: int, wanted_scopes: int) -> int:
    attributes = _RULESET.pack(file_rights(abi), network_rights(abi), wanted_scopes)
    return system_call(_CREATE_RULESET, attributes, _ruleset_size(abi), 0)


def _ruleset_size(abi: int) -> int:
    """How many bytes of the attributes this ABI knows: older kernels refuse longer ones that are not zero."""
    if abi >= 6:
        return 24
    return 16 if abi >= 4 else 8


def _allow_reading(ruleset: int, path: str) -> None:
    try:
        folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        system_call(_ADD_RULE, ruleset, _PATH_BENEATH, _PATH_RULE.pack(_READ_FILE | _READ_DIR, folder), 0)
    finally:
        os.close(folder)
