"""Rule 5: definitions and patterns by which the interpreter calls or reads things without a word in the code."""

import ast
from collections.abc import Iterator
from typing import Final

from strategy_code.places import finding_at
from strategy_code.scopes import Program
from strategy_code.verdict import Finding
from strategy_code.words import words

_RULE: Final = "definition"
_REFUSED_METHODS: Final = frozenset(
    words("""
    __del__ __reduce__ __reduce_ex__ __getattribute__ __prepare__ __subclasscheck__ __instancecheck__ __set_name__
    __getstate__ __setstate__ __mro_entries__ __class_getitem__ __subclasshook__
    """)
)


def check_definitions(program: Program) -> Iterator[Finding]:
    """Findings about definitions and patterns in one file."""
    for node in program.nodes:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if name in _REFUSED_METHODS:
                yield finding_at(program, node, _RULE, f"`{name}` is called by the interpreter unseen; do without it")
            case ast.Name(id="__match_args__") | ast.Attribute(attr="__match_args__"):
                yield finding_at(program, node, _RULE, "`__match_args__` reads attributes unseen; match by keyword")
            case ast.Name(id=name, ctx=ast.Store()) if name in _REFUSED_METHODS:
                yield finding_at(program, node, _RULE, f"`{name}` is called by the interpreter unseen; do without it")
            case ast.TryStar():
                yield finding_at(program, node, _RULE, "`except*` is not needed here; use `except`")
            case ast.MatchClass(kwd_attrs=attributes) if any(name.startswith("_") for name in attributes):
                yield finding_at(program, node, _RULE, "a pattern may not read private attributes")
