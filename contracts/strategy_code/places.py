"""Findings at nodes of a tree."""

import ast

from strategy_code.scopes import Program
from strategy_code.verdict import Finding


def finding_at(program: Program, node: ast.AST, rule: str, message: str) -> Finding:
    """A finding at the node, or at the nearest node around it that has a place."""
    current: ast.AST | None = node
    while current is not None and not hasattr(current, "lineno"):
        current = program.parent(current)
    line = getattr(current, "lineno", 1)
    column = getattr(current, "col_offset", 0)
    return Finding(rule=rule, message=message, file=program.file, line=line, column=column + 1)
