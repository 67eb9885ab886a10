"""Assembles seccomp filters from rules. Pure: rules in, bytes of `struct sock_filter` out.

A rule is a system call, conditions on its arguments, and an action. Rules are tried in order and the first
that fits decides; a filter ends with the action for everything else. The program is a straight line,
so that it can be read against the rules.
"""

import errno
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

KILL_PROCESS: Final = 0x8000_0000
NOTIFY: Final = 0x7FC0_0000
ALLOW: Final = 0x7FFF_0000
_FAIL: Final = 0x0005_0000


def fail_with(error_number: int) -> int:
    """The action that makes a call return this errno."""
    return _FAIL | error_number


@dataclass(frozen=True)
class Condition:
    """(argument & mask) == value, on the argument's 64 bits."""

    argument: int
    mask: int
    value: int


@dataclass(frozen=True)
class Rule:
    """What happens to a system call whose arguments meet all conditions."""

    number: int
    action: int
    conditions: tuple[Condition, ...] = ()


_INSTRUCTION: Final = struct.Struct("=HBBI")
_LOAD: Final = 0x20
_AND: Final = 0x54
_JUMP_IF_EQUAL: Final = 0x15
_JUMP_IF_AT_LEAST: Final = 0x35
_RETURN: Final = 0x06
# Offsets into struct seccomp_data; arguments are 64-bit, low word first on both architectures.
_NUMBER_OFFSET: Final = 0
_ARCHITECTURE_OFFSET: Final = 4
_ARGUMENTS_OFFSET: Final = 16
_X32_BIT: Final = 0x4000_0000
_WORD: Final = 0xFFFF_FFFF

Instruction = tuple[int, int, int, int]


def assemble(architecture: int, rules: Iterable[Rule], otherwise: int) -> bytes:
    """A filter that knows no calls of a foreign architecture or of x32, then applies the rules."""
    program: list[Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE_OFFSET),
        (_JUMP_IF_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, fail_with(errno.ENOSYS)),
        (_LOAD, 0, 0, _NUMBER_OFFSET),
        (_JUMP_IF_AT_LEAST, 0, 1, _X32_BIT),
        (_RETURN, 0, 0, fail_with(errno.ENOSYS)),
    ]
    for rule in rules:
        program += _rule_instructions(rule)
    program.append((_RETURN, 0, 0, otherwise))
    return b"".join(_INSTRUCTION.pack(*instruction) for instruction in program)


def _rule_instructions(rule: Rule) -> list[Instruction]:
    """Compare, test, return; a failed test jumps behind the rule, where the number is loaded again."""
    tests: list[Instruction] = []
    for condition in rule.conditions:
        for word in (0, 1):
            mask, value = (condition.mask >> 32 * word) & _WORD, (condition.value >> 32 * word) & _WORD
            if mask:
                tests += [
                    (_LOAD, 0, 0, _ARGUMENTS_OFFSET + 8 * condition.argument + 4 * word),
                    (_AND, 0, 0, mask),
                    (_JUMP_IF_EQUAL, 0, 0, value),
                ]
    body = [*tests, (_RETURN, 0, 0, rule.action)]
    # Only a test can leave something other than the number in the accumulator.
    tail: list[Instruction] = [(_LOAD, 0, 0, _NUMBER_OFFSET)] if tests else []
    linked = [
        (code, 0, len(body) - index - 1, k) if code == _JUMP_IF_EQUAL else (code, yes, no, k)
        for index, (code, yes, no, k) in enumerate(body)
    ]
    return [(_JUMP_IF_EQUAL, 0, len(body) + len(tail), rule.number), *linked, *tail]
