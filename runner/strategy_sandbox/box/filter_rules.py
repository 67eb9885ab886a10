"""Which system calls a worker may make: pure tables, assembled into filters.

Three filters. *tripwires* ends the worker on calls that no strategy ever makes by accident. *allow-list* refuses
everything that numpy, pandas and the interpreter do not need once warm; it lets the tripwires pass, because of
two filters the stricter answer wins and a plain refusal would hide the violation. *no-network* is the warden's own.
"""

import errno
import os
import socket
from collections.abc import Iterator
from typing import Final

from strategy_sandbox.box.bpf import ALLOW, KILL_PROCESS, NOTIFY, Condition, Rule, assemble, fail_with
from strategy_sandbox.box.system_calls import number_of

TRIPWIRES: Final = (
    # processes and code of others
    *("execve", "execveat", "fork", "vfork", "kill", "tkill", "ptrace", "process_vm_readv", "process_vm_writev"),
    *("pidfd_open", "pidfd_getfd", "pidfd_send_signal"),
    # network
    *("connect", "bind", "listen", "accept", "accept4"),
    # memory that is not the heap
    *("memfd_create", "memfd_secret", "shmget", "userfaultfd"),
    # the kernel
    *("io_uring_setup", "io_uring_enter", "io_uring_register", "bpf", "perf_event_open", "keyctl", "add_key"),
    *("request_key", "unshare", "setns", "mount", "pivot_root", "chroot", "init_module", "finit_module", "kexec_load"),
    "open_by_handle_at",
)
"""`clone` is one too, unless it makes a thread, and `socket`, unless it is a unix one."""
KILLED_BY_KERNEL: Final = "socket"
"""The warden's own filter refuses it, and a refusal wins over a notification; only the kernel's kill wins over both."""

_ALLOWED: Final = (
    # the channel and the heap first: a filter is read from the top
    *("recvfrom", "read", "write", "futex", "munmap", "brk", "madvise", "mremap"),
    *("clock_gettime", "getpid", "gettid", "getrusage", "getrandom", "restart_syscall", "rt_sigreturn"),
    *("rt_sigaction", "rt_sigprocmask", "sigaltstack", "set_robust_list", "rseq", "membarrier"),
    *("readv", "writev", "pread64", "lseek", "close", "fstat", "newfstatat", "statx", "stat", "lstat", "getdents64"),
    *("readlink", "readlinkat", "getcwd", "uname", "getuid", "geteuid", "getgid", "getegid"),
    *("sched_yield", "sched_getaffinity", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time"),
    *("poll", "ppoll", "select", "pselect6", "exit", "exit_group"),
)

_ALL_BITS: Final = 0xFFFF_FFFF_FFFF_FFFF
_INT: Final = 0xFFFF_FFFF
_PROT_EXEC: Final = 0x4
_MAP_TYPE: Final = 0xF
_MAP_PRIVATE: Final = 0x2
_CLONE_THREAD: Final = 0x1_0000
_O_TMPFILE: Final = 0o20000000
_WRITING: Final = os.O_ACCMODE | os.O_CREAT | os.O_TRUNC | _O_TMPFILE
_F_GETFD: Final = 1
_F_GETFL: Final = 3


def tripwires(architecture: int, action: int) -> bytes:
    """The filter that answers a tripwire with `action` and lets everything else pass."""
    return assemble(architecture, _tripwire_rules(architecture, action), ALLOW)


def allow_list(architecture: int, process_id: int) -> bytes:
    """The filter of the worker with this process id: what is not listed fails with EPERM."""
    rules = [
        *_numbered(architecture, ((name, ALLOW, ()) for name in _ALLOWED)),
        *_numbered(architecture, _by_argument(process_id)),
        *_tripwire_rules(architecture, ALLOW),
    ]
    return assemble(architecture, rules, fail_with(errno.EPERM))


def no_network(architecture: int) -> bytes:
    """The filter of the warden: unix sockets only, and so for everything it forks."""
    rules = (("socket", ALLOW, (_UNIX_SOCKET,)), ("socket", fail_with(errno.EPERM), ()))
    return assemble(architecture, _numbered(architecture, rules), ALLOW)


_Named = tuple[str, int, tuple[Condition, ...]]
_UNIX_SOCKET: Final = Condition(0, _INT, socket.AF_UNIX)
_NEW_THREAD: Final = Condition(0, _CLONE_THREAD, _CLONE_THREAD)


def _by_argument(process_id: int) -> tuple[_Named, ...]:
    """Calls of which one form is fine; what no line allows falls to the end of the filter."""
    return (
        # A null address: the channel's own peer and nobody else.
        ("sendto", ALLOW, (Condition(4, _ALL_BITS, 0),)),
        ("mmap", ALLOW, (Condition(2, _PROT_EXEC, 0), Condition(3, _MAP_TYPE, _MAP_PRIVATE))),
        ("mprotect", ALLOW, (Condition(2, _PROT_EXEC, 0),)),
        ("openat", ALLOW, (Condition(2, _WRITING, os.O_RDONLY),)),
        ("fcntl", ALLOW, (Condition(1, _INT, _F_GETFD),)),
        ("fcntl", ALLOW, (Condition(1, _INT, _F_GETFL),)),
        # abort() signals its own thread.
        ("tgkill", ALLOW, (Condition(0, _INT, process_id),)),
        ("prlimit64", ALLOW, (Condition(0, _INT, 0), Condition(2, _ALL_BITS, 0))),
        # "not a terminal": what isatty() expects to hear.
        ("ioctl", fail_with(errno.ENOTTY), ()),
        ("mbind", fail_with(errno.ENOSYS), ()),
        # glibc falls back to clone and openat, which the filter can look into.
        ("clone3", fail_with(errno.ENOSYS), ()),
        ("openat2", fail_with(errno.ENOSYS), ()),
        # Python says "can't start new thread".
        ("clone", fail_with(errno.EAGAIN), (_NEW_THREAD,)),
        # Looking up a user or a host name asks a local daemon first; that is no attack.
        ("socket", fail_with(errno.EPERM), (_UNIX_SOCKET,)),
    )


def _tripwire_rules(architecture: int, action: int) -> list[Rule]:
    named: list[_Named] = [
        ("clone", ALLOW, (_NEW_THREAD,)),
        ("clone", action, ()),
        (KILLED_BY_KERNEL, ALLOW, (_UNIX_SOCKET,)),
        (KILLED_BY_KERNEL, KILL_PROCESS if action == NOTIFY else action, ()),
        *((name, action, ()) for name in TRIPWIRES),
    ]
    return list(_numbered(architecture, named))


def _numbered(architecture: int, rules: Iterator[_Named] | tuple[_Named, ...] | list[_Named]) -> Iterator[Rule]:
    for name, action, conditions in rules:
        number = number_of(name, architecture)
        if number is not None:
            yield Rule(number, action, conditions)
