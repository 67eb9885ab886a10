"""Rule 6: texts that are code in disguise: format fields, names of methods, expressions of pandas."""

import ast
import re
import string
from collections.abc import Iterator
from typing import Final

from strategy_code.places import finding_at
from strategy_code.scopes import Program
from strategy_code.verdict import Finding

_RULE: Final = "text"
_BY_NAME: Final = frozenset(("agg", "aggregate", "apply", "transform", "pipe", "map"))
_UNSAFE_METHOD: Final = re.compile(r"to_|read_|_|plot|hist|eval|query")
_UNSAFE_EXPRESSION: Final = re.compile(r"__|@\w+\s*\.|\(\s*\)|\w\s*\(")
_METHODS_WITH_EXPRESSION: Final = frozenset(("eval", "query"))


def check_texts(program: Program) -> Iterator[Finding]:
    """Findings about texts that are executed in one file."""
    for node in program.nodes:
        match node:
            case ast.Attribute(attr="format" | "format_map"):
                yield from _check_format(program, node)
            case ast.Call(func=ast.Attribute(attr=method)) if method in _BY_NAME:
                yield from _check_method_names(program, node)
            case ast.Call(func=ast.Attribute(attr=method)) if method in _METHODS_WITH_EXPRESSION:
                yield from _check_expression(program, node)
            case ast.keyword(arg="backend"):
                yield finding_at(program, node, _RULE, "`backend=` would import a module by its name; leave it out")


def _check_format(program: Program, node: ast.Attribute) -> Iterator[Finding]:
    if isinstance(node.value, ast.Name) and any(b.module is not None for b in program.resolve(node.value)):
        return
    if isinstance(node.value, ast.Name) and node.value.id == "str" and not program.resolve(node.value):
        yield finding_at(program, node, _RULE, "`str.format` may not be passed on; use an f-string")
        return
    template = _constant_text(program, node.value)
    if template is None:
        message = f"`{node.attr}` needs a template that can be read here; use an f-string or a constant"
        yield finding_at(program, node, _RULE, message)
    elif _reads_private(template):
        yield finding_at(program, node, _RULE, "a format field may not read private attributes")


def _reads_private(template: str) -> bool:
    """Fields may hold fields; a template that cannot be read is an error of its own when it runs."""
    templates = [template]
    while templates:
        try:
            fields = list(string.Formatter().parse(templates.pop()))
        except ValueError:
            continue
        for _, field, specification, _ in fields:
            if field is not None and ("._" in field or "[_" in field):
                return True
            if specification:
                templates.append(specification)
    return False


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


def _check_expression(program: Program, call: ast.Call) -> Iterator[Finding]:
    """`frame.query("close > @level")`: columns, numbers and local names, no calls and no attributes."""
    for argument in call.args[:1]:
        if any(_UNSAFE_EXPRESSION.search(text) for text in _readable_parts(program, argument)):
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
