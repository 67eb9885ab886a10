"""From text to a tree of bounded size, or the place of the error. Compiles too: some errors are found only then."""

import ast
import threading
import warnings
from contextlib import suppress
from typing import Final

from strategy_code.source_text import check_text, without_mark
from strategy_code.verdict import Finding

MAX_NODES: Final = 50_000
MAX_DEPTH: Final = 150
_MAX_COMPILED_NODES: Final = 2 * MAX_NODES
_TRIES: Final = 3

_warnings_lock: Final = threading.Lock()
"""Warning filters are the process's; a SyntaxWarning would print a line of the author's code."""


class InvalidSource(Exception):
    """The file is no program that we would look at further."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding


def parse(file: str, source: str) -> ast.Module:
    """The file's tree; InvalidSource when there is none."""
    if reason := check_text(file, source):
        raise InvalidSource(reason)
    text = without_mark(source)
    try:
        with _warnings_lock, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = _tree_of(text, file)
            _check_size(file, tree)
            _check_copies(file, tree)
            compile(text, file, "exec", dont_inherit=True)
    except SyntaxError as error:
        message = f"syntax error: {error.msg}{_hint(text)}"
        raise InvalidSource(_finding(file, "syntax", message, error.lineno, error.offset)) from None
    except (RecursionError, MemoryError, OverflowError):
        message = "the code is nested too deeply to be compiled; give parts of it names"
        raise InvalidSource(_finding(file, "nesting", message, None, None)) from None
    except ValueError as error:
        raise InvalidSource(_finding(file, "syntax", f"not Python source: {error}", None, None)) from None
    return tree


def _tree_of(text: str, file: str) -> ast.Module:
    """The tree, whatever else is parsed in between, if only by a traceback that another thread or a finaliser prints.

    CPython before 3.11.8 counts the depth of all parsing in one place and fails when that happens (gh-106905).
    """
    for _ in range(_TRIES):
        with suppress(SystemError):
            return ast.parse(text, file)
    return ast.parse(text, file)


def _finding(file: str, rule: str, message: str, line: int | None, column: int | None) -> Finding:
    return Finding(rule=rule, message=message, file=file, line=max(line or 1, 1), column=max(column or 1, 1))


def _check_size(file: str, tree: ast.Module) -> None:
    """Count nodes and levels without recursion."""
    level: list[ast.AST] = [tree]
    nodes = depth = 0
    while level:
        nodes += len(level)
        depth += 1
        if nodes > MAX_NODES or depth > MAX_DEPTH:
            what = "has too many parts" if nodes > MAX_NODES else "is nested too deeply"
            line = getattr(level[0], "lineno", 1)
            message = f"the code {what}; split it into functions and modules"
            raise InvalidSource(Finding(rule="size", message=message, file=file, line=line))
        level = [child for node in level for child in ast.iter_child_nodes(node)]


def _check_copies(file: str, tree: ast.Module) -> None:
    """The compiler writes a `finally` once for each way out of its `try`, and those inside it again for each copy."""
    nodes = list(ast.walk(tree))
    if not any(isinstance(node, ast.Try | ast.TryStar) and node.finalbody for node in nodes):
        return
    sizes: dict[int, int] = {}
    exits: dict[int, int] = {}
    # Children come after their parents, so from the end each one is known when it is asked for.
    for node in reversed(nodes):
        children = list(ast.iter_child_nodes(node))
        size = 1 + sum(sizes[id(child)] for child in children)
        ways = sum(exits[id(child)] for child in children) + isinstance(node, ast.Return | ast.Break | ast.Continue)
        if isinstance(node, ast.Try | ast.TryStar):
            size += (1 + ways) * sum(sizes[id(child)] for child in node.finalbody)
        if size > _MAX_COMPILED_NODES:
            message = "the ways out of `try` repeat its `finally` too often; put what it does into a function"
            raise InvalidSource(Finding(rule="size", message=message, file=file, line=getattr(node, "lineno", 1)))
        sizes[id(node)] = size
        exits[id(node)] = 0 if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) else ways


def _hint(text: str) -> str:
    """What people send instead of Python."""
    start = text.lstrip()[:1]
    if start in ("{", "[") and '"' in text[:200]:
        return " (this looks like JSON; a drawn workflow belongs into source.inline.workflow)"
    if "```" in text[:2000]:
        return " (remove the Markdown fences around the code)"
    return ""
