"""The filters' decisions, by running the assembled programs on both architectures. No kernel is asked."""

import errno
import os
import re
import socket
import struct
from pathlib import Path

import pytest

from strategy_sandbox.box.bpf import ALLOW, KILL_PROCESS, NOTIFY, Condition, Rule, assemble, fail_with
from strategy_sandbox.box.filter_rules import TRIPWIRES, allow_list, no_network, tripwires
from strategy_sandbox.box.system_calls import _NUMBERS, AARCH64, ARCHITECTURES, X86_64, name_of, number_of

OWN_PID = 4242
EPERM = fail_with(errno.EPERM)
ENOSYS = fail_with(errno.ENOSYS)
ABSENT = 500
"""A number that no call has."""


def decide(program: bytes, architecture: int, number: int, *arguments: int) -> int:
    """What the kernel would answer: an interpreter of the instructions that our assembler writes."""
    padded = [*arguments, *([0] * (6 - len(arguments)))]
    data = struct.pack("=iIQ6Q", number, architecture, 0, *(value & (1 << 64) - 1 for value in padded))
    instructions = list(struct.iter_unpack("=HBBI", program))
    position = accumulator = 0
    while True:
        code, yes, no, k = instructions[position]
        position += 1
        match code:
            case 0x20:
                (accumulator,) = struct.unpack_from("=I", data, k)
            case 0x54:
                accumulator &= k
            case 0x15:
                position += yes if accumulator == k else no
            case 0x35:
                position += yes if accumulator >= k else no
            case 0x06:
                return int(k)
            case _:
                raise AssertionError(f"instruction {code:#x} is none of ours")


def call(filter_of: bytes, architecture: int, name: str, *arguments: int) -> int | None:
    number = number_of(name, architecture)
    return None if number is None else decide(filter_of, architecture, number, *arguments)


@pytest.fixture(params=[X86_64, AARCH64], ids=["x86_64", "aarch64"])
def architecture(request: pytest.FixtureRequest) -> int:
    value: int = request.param
    return value


READ_ONLY = os.O_RDONLY | os.O_CLOEXEC
CLONE_THREAD = 0x1_0000
PROT_READ_WRITE, PROT_EXEC = 3, 4
MAP_SHARED, MAP_PRIVATE, MAP_SHARED_VALIDATE, MAP_ANONYMOUS = 1, 2, 3, 0x20


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        pytest.param("read", (0,), ALLOW, id="reading the channel"),
        pytest.param("recvfrom", (0,), ALLOW, id="receiving on the channel"),
        pytest.param("sendto", (0, 1, 2, 0, 0, 0), ALLOW, id="sending to the channel's peer"),
        pytest.param("sendto", (0, 1, 2, 0, 0x7FFF_0000_0000, 16), EPERM, id="sending to an address"),
        pytest.param("mmap", (0, 1, PROT_READ_WRITE, MAP_PRIVATE | MAP_ANONYMOUS), ALLOW, id="heap"),
        pytest.param("mmap", (0, 1, PROT_READ_WRITE | PROT_EXEC, MAP_PRIVATE), EPERM, id="executable memory"),
        pytest.param("mmap", (0, 1, PROT_READ_WRITE, MAP_SHARED | MAP_ANONYMOUS), EPERM, id="shared memory"),
        pytest.param("mmap", (0, 1, PROT_READ_WRITE, MAP_SHARED_VALIDATE), EPERM, id="shared memory, newer"),
        pytest.param("mprotect", (0, 1, PROT_READ_WRITE), ALLOW, id="protecting memory"),
        pytest.param("mprotect", (0, 1, PROT_EXEC), EPERM, id="making memory executable"),
        pytest.param("openat", (-100, 0, READ_ONLY), ALLOW, id="opening for reading"),
        pytest.param("openat", (-100, 0, os.O_WRONLY), EPERM, id="opening for writing"),
        pytest.param("openat", (-100, 0, os.O_RDWR), EPERM, id="opening for both"),
        pytest.param("openat", (-100, 0, os.O_RDONLY | os.O_CREAT), EPERM, id="creating"),
        pytest.param("openat", (-100, 0, os.O_RDONLY | os.O_TRUNC), EPERM, id="truncating"),
        pytest.param("openat", (-100, 0, os.O_TMPFILE), EPERM, id="a nameless file"),
        pytest.param("openat2", (), ENOSYS, id="openat2, which the filter cannot look into"),
        pytest.param("clone3", (), ENOSYS, id="clone3, which the filter cannot look into"),
        pytest.param("clone", (CLONE_THREAD | 0xF00,), fail_with(errno.EAGAIN), id="a thread"),
        pytest.param("ioctl", (1, 0x5401), fail_with(errno.ENOTTY), id="asking whether this is a terminal"),
        pytest.param("mbind", (), ENOSYS, id="memory policy"),
        pytest.param("fcntl", (0, 1), ALLOW, id="reading descriptor flags"),
        pytest.param("fcntl", (0, 3), ALLOW, id="reading status flags"),
        pytest.param("fcntl", (0, 0), EPERM, id="duplicating a descriptor"),
        pytest.param("fcntl", (0, 8), EPERM, id="asking for signals of a descriptor"),
        pytest.param("tgkill", (OWN_PID, OWN_PID, 6), ALLOW, id="abort"),
        pytest.param("tgkill", (1, 1, 9), EPERM, id="a signal to a thread of another process"),
        pytest.param("prlimit64", (0, 9, 0, 1), ALLOW, id="reading an own limit"),
        pytest.param("prlimit64", (0, 9, 0x7FFF_0000_0000, 0), EPERM, id="setting a limit"),
        pytest.param("prlimit64", (1, 9, 0, 1), EPERM, id="reading another's limit"),
        pytest.param("socket", (socket.AF_UNIX,), EPERM, id="a unix socket, as name services make"),
        pytest.param("socket", (socket.AF_INET,), ALLOW, id="an internet socket, left to the tripwires"),
        pytest.param("seccomp", (), EPERM, id="another filter"),
    ],
)
def test_the_allow_list_decides_by_argument(
    architecture: int, name: str, arguments: tuple[int, ...], expected: int
) -> None:
    assert call(allow_list(architecture, OWN_PID), architecture, name, *arguments) == expected


def test_what_no_rule_names_fails(architecture: int) -> None:
    assert decide(allow_list(architecture, OWN_PID), architecture, ABSENT) == EPERM


@pytest.mark.parametrize("name", [*TRIPWIRES, "clone"])
def test_a_tripwire_is_noticed_and_not_hidden_by_the_allow_list(architecture: int, name: str) -> None:
    """Of two filters a refusal wins over a notification, so the second one must let it pass."""
    assert call(tripwires(architecture, NOTIFY), architecture, name) in (NOTIFY, None)
    assert call(allow_list(architecture, OWN_PID), architecture, name) in (ALLOW, None)


def test_a_tripwire_kills_where_the_kernel_cannot_notify(architecture: int) -> None:
    assert call(tripwires(architecture, KILL_PROCESS), architecture, "execve") == KILL_PROCESS


def test_an_internet_socket_is_killed_by_the_kernel_because_the_wardens_refusal_would_hide_a_notification(
    architecture: int,
) -> None:
    assert call(tripwires(architecture, NOTIFY), architecture, "socket", socket.AF_INET) == KILL_PROCESS
    assert call(tripwires(architecture, NOTIFY), architecture, "socket", socket.AF_UNIX) == ALLOW
    assert call(no_network(architecture), architecture, "socket", socket.AF_INET6) == EPERM
    assert call(no_network(architecture), architecture, "socket", socket.AF_UNIX) == ALLOW
    assert call(no_network(architecture), architecture, "execve") == ALLOW


def test_the_tripwires_leave_everything_else_to_the_allow_list(architecture: int) -> None:
    filter_of = tripwires(architecture, NOTIFY)
    assert call(filter_of, architecture, "read") == ALLOW
    assert call(filter_of, architecture, "clone", CLONE_THREAD) == ALLOW
    assert decide(filter_of, architecture, ABSENT) == ALLOW


@pytest.mark.parametrize("make", [lambda a: tripwires(a, NOTIFY), lambda a: allow_list(a, OWN_PID), no_network])
def test_a_foreign_table_of_calls_does_not_exist(architecture: int, make: object) -> None:
    assert callable(make)
    foreign = X86_64 if architecture == AARCH64 else AARCH64
    assert decide(make(architecture), foreign, 0) == ENOSYS
    assert decide(make(architecture), 0x4000_0003, 0) == ENOSYS
    assert decide(make(architecture), architecture, 0x4000_0000) == ENOSYS


def test_conditions_look_at_all_64_bits() -> None:
    rule = Rule(7, ALLOW, (Condition(1, 0xFFFF_FFFF_FFFF_FFFF, 1 << 40),))
    program = assemble(X86_64, [rule], EPERM)
    assert decide(program, X86_64, 7, 0, 1 << 40) == ALLOW
    assert decide(program, X86_64, 7, 0, 0) == EPERM
    assert decide(program, X86_64, 7, 0, (1 << 40) + 1) == EPERM


def test_a_failed_condition_goes_on_with_the_next_rule_of_the_same_call() -> None:
    rules = [Rule(7, ALLOW, (Condition(0, 1, 1),)), Rule(7, KILL_PROCESS, (Condition(0, 2, 2),)), Rule(8, ALLOW)]
    program = assemble(X86_64, rules, EPERM)
    assert [decide(program, X86_64, 7, value) for value in (1, 2, 3, 0)] == [ALLOW, KILL_PROCESS, ALLOW, EPERM]
    assert decide(program, X86_64, 8) == ALLOW


def test_names_and_numbers_go_both_ways(architecture: int) -> None:
    assert name_of(number_of("ptrace", architecture) or 0, architecture) == "ptrace"
    assert name_of(ABSENT, architecture) == str(ABSENT)


@pytest.mark.parametrize(
    ("header", "architecture"),
    [
        pytest.param("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", X86_64, id="x86_64"),
        pytest.param("/usr/include/asm-generic/unistd.h", AARCH64, id="aarch64, which uses the generic table"),
    ],
)
def test_the_numbers_are_the_kernels_own(header: str, architecture: int) -> None:
    if not Path(header).is_file():
        pytest.skip(f"no kernel header {header}")
    defined = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", Path(header).read_text())
    kernel = {name: int(number) for name, number in defined}
    if architecture == AARCH64:
        kernel["newfstatat"] = kernel["fstatat"]
    ours = {name: number_of(name, architecture) for name in _NUMBERS}
    assert ours == {name: kernel.get(name) for name in _NUMBERS}
    assert ARCHITECTURES == {"x86_64": X86_64, "aarch64": AARCH64}
