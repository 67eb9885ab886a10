"""Installs seccomp filters on this process and reads what the tripwires caught.

Where the kernel can notify (5.0 and later, not gVisor) a tripwire stops the worker and tells the warden the call,
which it then kills; elsewhere the kernel kills it and the call stays unknown.
"""

import ctypes
import errno
import fcntl
import os
import platform
import struct
from collections.abc import Callable
from typing import Final

from strategy_sandbox.box.bpf import KILL_PROCESS, NOTIFY
from strategy_sandbox.box.filter_rules import allow_list, no_network, tripwires
from strategy_sandbox.box.linux import PR_SET_NO_NEW_PRIVS, prctl, system_call
from strategy_sandbox.box.system_calls import ARCHITECTURES, name_of, number_of

_SET_MODE_FILTER: Final = 1
_NEW_LISTENER: Final = 1 << 3
_INSTRUCTION_BYTES: Final = 8
_PROGRAM: Final = struct.Struct("@HP")
_ABSENT: Final = (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP)

_NOTIFICATION: Final = struct.Struct("=QIIiIQ6Q")
"""struct seccomp_notif: id, pid, flags; then seccomp_data: number, architecture, instruction, arguments."""
_RECEIVE_NOTIFICATION: Final = 0xC000_2100 | _NOTIFICATION.size << 16
"""_IOWR('!', 0, struct seccomp_notif)"""


def install_tripwires(hand_over: Callable[[int], None]) -> bool:
    """The first filter; its listener goes to `hand_over`. False where seccomp cannot be used."""
    architecture = ARCHITECTURES.get(platform.machine())
    if architecture is None:
        return False
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    try:
        listener = _install(tripwires(architecture, NOTIFY), _NEW_LISTENER)
    except OSError as error:
        if error.errno not in (*_ABSENT, errno.EBUSY):
            raise
        return _install_if_possible(tripwires(architecture, KILL_PROCESS))
    hand_over(listener)
    os.close(listener)
    return True


def confine_system_calls() -> None:
    """The second filter: nothing but the allow-list from here on."""
    _install(allow_list(ARCHITECTURES[platform.machine()], os.getpid()), 0)


def forbid_network() -> bool:
    """The warden's own filter; False where seccomp cannot be used."""
    architecture = ARCHITECTURES.get(platform.machine())
    if architecture is None:
        return False
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    return _install_if_possible(no_network(architecture))


def read_violation(listener: int) -> str | None:
    """The name of the forbidden call that a stopped worker wanted to make; None when it is gone already."""
    notification = bytearray(_NOTIFICATION.size)
    try:
        fcntl.ioctl(listener, _RECEIVE_NOTIFICATION, notification)
    except OSError as error:
        if error.errno == errno.ENOENT:
            return None
        raise
    _, _, _, number, architecture, *_ = _NOTIFICATION.unpack(notification)
    return name_of(number, architecture)


def _install_if_possible(program: bytes) -> bool:
    try:
        _install(program, 0)
    except OSError as error:
        if error.errno in _ABSENT:
            return False
        raise
    return True


def _install(program: bytes, flags: int) -> int:
    instructions = ctypes.create_string_buffer(program, len(program))
    header = _PROGRAM.pack(len(program) // _INSTRUCTION_BYTES, ctypes.addressof(instructions))
    number = number_of("seccomp", ARCHITECTURES[platform.machine()])
    assert number is not None
    return system_call(number, _SET_MODE_FILTER, flags, header)
