"""Checks on the text before it is parsed: what would make shown and executed code differ, or hurt the parser.

All limits on size live here. Every check is linear in the length of the text.
"""

import io
import re
import tokenize
from collections.abc import Iterator
from typing import Final

from strategy_code.verdict import Finding

MAX_FILE_BYTES: Final = 128 * 1024
MAX_SOURCE_BYTES: Final = 512 * 1024
"""Of all Python files of a bundle."""
MAX_FILES: Final = 200
MAX_LINES: Final = 20_000
"""Line breaks and semicolons: before a syntax error the parser keeps kilobytes for each, and looks at all twice."""
MAX_BRACES: Final = 10_000
"""Before Python 3.12 each field of a formatted string costs the parser a run of its own."""
MAX_BRACKETS: Final = 60
MAX_UNARY_OPERATORS: Final = 40
MAX_DOTS: Final = 100
"""Of one dotted name: of an imported one the parser keeps every beginning, which is quadratic."""

_COOKIE: Final = re.compile(r"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BIDI: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_LONE_CR: Final = re.compile(r"\r(?!\n)")
_MANY_UNARY: Final = re.compile(rf"(?:(?:[-+~]|\bnot\b)[\s\\]*){{{MAX_UNARY_OPERATORS + 1}}}")
# Possessive, and from the beginnings of words alone: each character is looked at once.
_DOTTED: Final = re.compile(r"(?<!\w)\w++(?:[\s\\]*+\.[\s\\]*+\w++)++")
_BYTE_ORDER_MARK: Final = "\ufeff"


def check_text(file: str, source: str) -> Finding | None:
    """The first reason not to parse the file, or None."""
    return next(_reasons(file, source), None)


def without_mark(source: str) -> str:
    """The source as it is parsed and executed: a byte order mark is no part of the program."""
    return source.removeprefix(_BYTE_ORDER_MARK)


def _reasons(file: str, source: str) -> Iterator[Finding]:
    if len(source) > MAX_FILE_BYTES or len(source.encode("utf-8", "surrogatepass")) > MAX_FILE_BYTES:
        message = f"the file is larger than {MAX_FILE_BYTES // 1024} KiB; split it into modules"
        yield Finding(rule="size", message=message, file=file)
        return
    for kind, marks, most in (("lines or statements", "\n;", MAX_LINES), ("opening braces", "{", MAX_BRACES)):
        if sum(map(source.count, marks)) > most:
            message = f"the file has more than {most:,} {kind}; split it into modules"
            yield Finding(rule="size", message=message, file=file)
            return
    for pattern, message in (
        (re.compile("\0"), "the file contains a NUL character; it is not Python source"),
        (re.compile("[\ud800-\udfff]"), "the file is not valid UTF-8; save it as UTF-8"),
        (_BIDI, "a bidirectional control character makes the shown code differ from what runs; remove it"),
        (_LONE_CR, "a carriage return without a line feed ends a line for Python only; use \\n line ends"),
    ):
        if found := pattern.search(source):
            yield _at(file, source, found.start(), "encoding", message)
    for number, line in enumerate(without_mark(source).split("\n")[:2], 1):
        cookie = _COOKIE.match(line)
        if cookie and cookie[1].lower().replace("_", "-") not in ("utf-8", "utf8"):
            message = f"the file declares the encoding {cookie[1]}; save it as UTF-8 and remove the declaration"
            yield Finding(rule="encoding", message=message, file=file, line=number)
    yield from _too_many_dots(file, source)
    yield from _too_nested(file, source)


def _too_many_dots(file: str, source: str) -> Iterator[Finding]:
    """Names that nobody writes. In a comment or a text too: telling them apart takes the parser."""
    names = _DOTTED.finditer(source) if source.count(".") > MAX_DOTS else ()
    for name in names:
        if name[0].count(".") > MAX_DOTS:
            message = f"a dotted name has more than {MAX_DOTS} dots; give its parts names"
            yield _at(file, source, name.start(), "nesting", message)


def _too_nested(file: str, source: str) -> Iterator[Finding]:
    """Brackets and operators so deep that they are an attack on the parser, not an expression.

    The exact count needs a tokenizer, which is slow; a rough one says first whether it can be needed at all.
    """
    if sum(map(source.count, "([{")) <= MAX_BRACKETS and not _MANY_UNARY.search(source):
        return
    depth = unary = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(without_mark(source)).readline):
            if token.type not in (tokenize.OP, tokenize.NAME, tokenize.NUMBER, tokenize.STRING):
                continue
            depth += (token.string in "([{") - (token.string in ")]}")
            unary = unary + 1 if token.string in ("-", "+", "~", "not") else 0
            if depth > MAX_BRACKETS or unary > MAX_UNARY_OPERATORS:
                message = "the expression is nested too deeply; give its parts names"
                line, column = token.start
                yield Finding(rule="nesting", message=message, file=file, line=line, column=column + 1)
                return
    except (tokenize.TokenError, IndentationError, SyntaxError):
        return  # the parser says it better


def _at(file: str, source: str, offset: int, rule: str, message: str) -> Finding:
    line_start = source.rfind("\n", 0, offset) + 1
    return Finding(
        rule=rule,
        message=message,
        file=file,
        line=source.count("\n", 0, offset) + 1,
        column=offset - line_start + 1,
    )
