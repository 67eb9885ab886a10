"""Rule 6: texts that are code in disguise: format fields, names of methods, expressions of pandas."""

import ast
import re
import string
from collections.abc import Callable, Iterator
from functools import cache
from typing import Final

from strategy_code.places import finding_at
from strategy_code.scopes import Program
from strategy_code.verdict import Finding

_RULE: Final = "text"
_BY_NAME: Final = frozenset(("agg", "aggregate", "apply", "transform", "pipe", "map"))
_UNSAFE_METHOD: Final = re.compile(r"to_|read_|_|plot|hist|eval|query")
_UNSAFE_EXPRESSION: Final = re.compile(r"__|@\w+\s*\.|\(\s*\)|\w\s*\(")
_METHODS_WITH_EXPRESSION: Final = frozenset(("eval", "query"))
_FORMAT_LEVELS: Final = 2
"""`"{a:{b}}"`: deeper fields are an error when the text is formatted."""
_Judge = Callable[[str], bool]


def check_texts(program: Program) -> Iterator[Finding]:
    """Findings about texts that are executed in one file."""
    # Each text once: a long one may be a constant that is used thousands of times.
    reads_private, is_unsafe = cache(_reads_private), cache(_is_unsafe_expression)
    for node in program.nodes:
        match node:
            case ast.Attribute(attr="format" | "format_map"):
                yield from _check_format(program, node, reads_private)
            case ast.Call(func=ast.Attribute(attr=method)) if method in _BY_NAME:
                yield from _check_method_names(program, node)
            case ast.Call(func=ast.Attribute(attr=method)) if method in _METHODS_WITH_EXPRESSION:
                yield from _check_expression(program, node, is_unsafe)
            case ast.keyword(arg="backend"):
                yield finding_at(program, node, _RULE, "`backend=` would import a module by its name; leave it out")


def _check_format(program: Program, node: ast.Attribute, reads_private: _Judge) -> Iterator[Finding]:
    if program.may_be_module(node.value):
        return
    if isinstance(node.value, ast.Name) and node.value.id == "str" and not program.resolve(node.value):
        yield finding_at(program, node, _RULE, "`str.format` may not be passed on; use an f-string")
        return
    template = _constant_text(program, node.value)
    if template is None:
        message = f"`{node.attr}` needs a template that can be read here; use an f-string or a constant"
        yield finding_at(program, node, _RULE, message)
    elif reads_private(template):
        yield finding_at(program, node, _RULE, "a format field may not read private attributes")


def _reads_private(template: str) -> bool:
    """Fields may hold fields, once; a template that cannot be read is an error of its own when it runs."""
    templates = [template]
    for _ in range(_FORMAT_LEVELS):
        fields = [field for text in templates for field in _fields(text)]
        if any(name is not None and ("._" in name or "[_" in name) for _, name, _, _ in fields):
            return True
        templates = [specification for _, _, specification, _ in fields if specification]
    return False


def _fields(template: str) -> list[tuple[str, str | None, str | None, str | None]]:
    try:
        return list(string.Formatter().parse(template))
    except ValueError:
        return []


def _is_unsafe_expression(text: str) -> bool:
    return _UNSAFE_EXPRESSION.search(text) is not None


def _check_method_names(program: Program, call: ast.Call) -> Iterator[Finding]:
    arguments = [*call.args[:1], *(key.value for key in call.keywords if key.arg in ("func", None))]
    for node, text in (item for argument in arguments for item in _texts_in(argument)):
        if _UNSAFE_METHOD.match(text):
            message = f"`{text}` may not be called by its name; call it as a method, if it is allowed"
            yield finding_at(program, node, _RULE, message)


def _texts_in(argument: ast.expr) -> Iterator[tuple[ast.expr, str]]:
    """A text, or the texts of a list or dict of them."""
    parts: list[ast.expr | None] = [argument]
    while parts:
        match parts.pop():
            case ast.Constant(value=str(text)) as node:
                yield node, text
            case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Dict(values=items):
                parts += items
            case _:
                pass


def _check_expression(program: Program, call: ast.Call, is_unsafe: _Judge) -> Iterator[Finding]:
    """`frame.query("close > @level")`: columns, numbers and local names, no calls and no attributes."""
    for argument in call.args[:1]:
        if any(map(is_unsafe, _readable_parts(program, argument))):
            message = "an expression in a text may use columns, numbers and @names only; write it in Python"
            yield finding_at(program, call, _RULE, message)


def _readable_parts(program: Program, argument: ast.expr) -> Iterator[str]:
    if isinstance(argument, ast.JoinedStr):
        for part in argument.values:
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield part.value
    elif (text := _constant_text(program, argument)) is not None:
        yield text


def _constant_text(program: Program, value: ast.expr) -> str | None:
    """A text that is written here, or a name that is given one text and nothing else."""
    if isinstance(value, ast.Constant):
        return value.value if isinstance(value.value, str) else None
    if not isinstance(value, ast.Name):
        return None
    bindings = program.resolve(value)
    if len(bindings) != 1:
        return None
    statement = program.parent(bindings[0].node)
    assigned = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
    if isinstance(assigned, ast.Constant) and isinstance(assigned.value, str):
        return assigned.value
    return None
