"""Mutations of texts and bytes. Pure: everything random comes from the generator that is passed in."""

import ast
import copy
import io
import tokenize
from collections.abc import Callable
from random import Random
from typing import TypeVar

MAX_LENGTH = 128 * 1024
"""What the policy reads at most; repetition grows cases up to it."""
_STRANGE_TEXTS = (
    *("\0", "\r", "\ufeff", "\u202e", "\ud800", "é", "\f", "\x1a", "\\\n", "'''", '"""', "{", "}", "(", "[", ")", "]"),
    *("lambda:", "finally:", "except* E:", "async ", "await ", "yield ", "global x", "match x:", "case A(b=c):", ":="),
    *("__class__", "._x", "format", "getattr", "import ", "from . import *", "np.load", "{0.__a__}", "eval", "1e999"),
)
_STRANGE_BYTES = (
    *(
        b"\xff\xfe",
        b"\xed\xa0\x80",
        b"\x91" * 2000,
        b"\x81\xa1a" * 700,
        b"\xdd\xff\xff\xff\xff",
        b"\xdf\xff\xff\xff\xff",
    ),
    *(b"\xc1", b"\xc7\x0c\xff", b"\xd4\x05\x00", b"\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00", b"\xcf" + b"\xff" * 8),
    *(b"\xdb\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff", b"\xc0", b"\x80", b"\x90", b"\xa0", b"\xc3"),
)
S = TypeVar("S", str, bytes)


def mutate_text(text: str, other: str, random: Random) -> str:
    """The text after one to four changes of characters, tokens or nodes; `other` is material for splicing."""
    for _ in range(random.randint(1, 4)):
        change: Callable[[str, str, Random], str] = random.choice(
            (
                _cut,
                _repeat,
                _splice,
                _strange_text,
                _swap_tokens,
                _swap_tokens,
                _change_tree,
                _change_tree,
                _change_tree,
            )
        )
        text = change(text, other, random)[:MAX_LENGTH]
    return text


def mutate_bytes(data: bytes, other: bytes, random: Random) -> bytes:
    """The bytes after one to four changes."""
    for _ in range(random.randint(1, 4)):
        change: Callable[[bytes, bytes, Random], bytes] = random.choice(
            (_cut, _repeat, _splice, _strange_bytes, _flip, _flip)
        )
        data = change(data, other, random)[:MAX_LENGTH]
    return data


def _slice(sequence: S, random: Random) -> tuple[int, int]:
    begin = random.randint(0, len(sequence))
    return begin, min(len(sequence), begin + int(random.expovariate(1 / 20)) + 1)


def _cut(sequence: S, _: S, random: Random) -> S:
    begin, end = _slice(sequence, random)
    return sequence[:begin] + sequence[end:]


def _repeat(sequence: S, _: S, random: Random) -> S:
    """What is harmless once may not be so ten thousand times."""
    begin, end = _slice(sequence, random)
    most = max(MAX_LENGTH - len(sequence), 0) // max(end - begin, 1)
    times = min(most, int(10 ** random.uniform(0, 5)))
    return sequence[:begin] + sequence[begin:end] * times + sequence[end:]


def _splice(sequence: S, other: S, random: Random) -> S:
    at = random.randint(0, len(sequence))
    begin, end = _slice(other, random)
    return sequence[:at] + other[begin:end] + sequence[at:]


def _strange_text(text: str, _: str, random: Random) -> str:
    at = random.randint(0, len(text))
    return text[:at] + random.choice(_STRANGE_TEXTS) + text[at:]


def _strange_bytes(data: bytes, _: bytes, random: Random) -> bytes:
    at = random.randint(0, len(data))
    return data[:at] + random.choice(_STRANGE_BYTES) + data[at + random.randint(0, 4) :]


def _flip(data: bytes, _: bytes, random: Random) -> bytes:
    if not data:
        return data
    at = random.randrange(len(data))
    return data[:at] + bytes([random.randrange(256)]) + data[at + 1 :]


def _swap_tokens(text: str, other: str, random: Random) -> str:
    """One token of the text becomes another one of the same kind."""
    mine, theirs = _tokens(text), _tokens(other)
    if not mine:
        return text
    token = random.choice(mine)
    fitting = [candidate for candidate in mine + theirs if candidate.type == token.type] or [token]
    lines = text.split("\n")
    row, begin, end = token.start[0] - 1, token.start[1], token.end[1]
    if token.start[0] != token.end[0] or row >= len(lines):
        return text
    lines[row] = lines[row][:begin] + random.choice(fitting).string + lines[row][end:]
    return "\n".join(lines)


def _tokens(text: str) -> list[tokenize.TokenInfo]:
    if len(text) > 8000:
        return []
    try:
        return [token for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.string.strip()]
    except (tokenize.TokenError, SyntaxError):
        return []


def _change_tree(text: str, other: str, random: Random) -> str:
    """One statement or expression is replaced by another, wrapped into itself, or repeated."""
    trees = [_tree(text), _tree(other)]
    if trees[0] is None:
        return text
    places = [
        (node, name, value, kind)
        for node in ast.walk(trees[0])
        for name, value in ast.iter_fields(node)
        for kind in (ast.stmt, ast.expr)
        if isinstance(value, kind) or (isinstance(value, list) and value and isinstance(value[0], kind))
    ]
    if not places:
        return text
    node, name, value, kind = random.choice(places)
    donors = [found for tree in trees if tree is not None for found in ast.walk(tree) if isinstance(found, kind)]
    try:
        donor = copy.deepcopy(random.choice(donors))
    except RecursionError:  # nested as deeply as the parser allows; the copier is not so patient
        return text
    if isinstance(value, list):
        at = random.randrange(len(value))
        value[at : at + random.randint(0, 1)] = [donor] * random.choice((1, 1, 1, 2, 50))
    else:
        setattr(node, name, donor)
    try:
        return ast.unparse(ast.fix_missing_locations(trees[0])) + "\n"
    except Exception:  # noqa: BLE001 - a tree that is no program cannot be written
        return text


def _tree(text: str) -> ast.Module | None:
    if len(text) > 8000:
        return None
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError, SystemError):
        return None
