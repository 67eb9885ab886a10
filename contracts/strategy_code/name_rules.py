"""Rule 4: builtins that run text as code, open files or look into the interpreter.

Only where the program does not bind the name itself: `open` is a column of every frame.
"""

import ast
from collections.abc import Iterator
from typing import Final

from strategy_code.places import finding_at
from strategy_code.scopes import Program
from strategy_code.verdict import Finding

_RULE: Final = "name"

_REFUSED: Final[dict[str, str]] = {
    **dict.fromkeys(("eval", "exec", "compile"), "it runs text as code; write the code itself"),
    "open": "strategies have no files; market data arrives in `data`, settings in `parameters`",
    **dict.fromkeys(("input", "breakpoint", "help"), "nobody is there to answer; use print or logging"),
    **dict.fromkeys(("exit", "quit"), "return from the function instead"),
    **dict.fromkeys(("license", "credits", "copyright"), "remove it"),
    **dict.fromkeys(("globals", "locals", "vars"), "use a dict of your own"),
    "delattr": "use `del object.name`",
    "memoryview": "use numpy arrays",
}
_NEVER: Final = frozenset(("__import__", "__builtins__", "__loader__", "__spec__", "__build_class__"))
_ALLOWED_DUNDERS: Final = frozenset(("__name__", "__doc__", "__file__", "__debug__", "__class__"))


def check_names(program: Program) -> Iterator[Finding]:
    """Findings about the names used in one file."""
    for node in program.nodes:
        match node:
            case ast.Name(id=name):
                yield from _check_name(program, node, name)
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                for name in set(names) & _NEVER:
                    yield finding_at(program, node, _RULE, f"`{name}` leads into the interpreter; write it without")
            case ast.alias(name=name, asname=asname) if (asname or name) in _NEVER:
                yield finding_at(program, node, _RULE, f"`{asname or name}` belongs to the interpreter")
            case ast.arg(arg=name) | ast.keyword(arg=str(name)) if _is_dunder(name):
                yield finding_at(program, node, _RULE, f"`{name}` belongs to the interpreter; use another name")
            case ast.Call():
                yield from _check_attribute_function(program, node)


def _check_name(program: Program, node: ast.Name, name: str) -> Iterator[Finding]:
    if name in _NEVER:
        yield finding_at(program, node, _RULE, f"`{name}` leads into the interpreter; write it without")
    if not isinstance(node.ctx, ast.Load) or program.resolve(node):
        return
    if name in _REFUSED:
        yield finding_at(program, node, _RULE, f"`{name}` is not available: {_REFUSED[name]}")
    elif _is_dunder(name) and name not in _ALLOWED_DUNDERS | _NEVER:
        yield finding_at(program, node, _RULE, f"`{name}` leads into the interpreter; write it without")
    elif name in ("getattr", "setattr"):
        call = program.parent(node)
        if not (isinstance(call, ast.Call) and call.func is node):
            yield finding_at(program, node, _RULE, f"`{name}` may be called, not passed on; use a lambda")


def _check_attribute_function(program: Program, call: ast.Call) -> Iterator[Finding]:
    """`getattr` and `setattr` with a name that can be read here."""
    function = call.func
    if not isinstance(function, ast.Name) or function.id not in ("getattr", "setattr") or program.resolve(function):
        return
    target = call.args[0] if call.args else None
    if function.id == "setattr" and isinstance(target, ast.Name) and target.id == "self":
        return
    name = call.args[1] if len(call.args) > 1 else None
    if not (isinstance(name, ast.Constant) and isinstance(name.value, str)):
        message = f"`{function.id}` needs the attribute's name as a text; use a dict to choose by name"
        yield finding_at(program, call, _RULE, message)
    elif name.value.startswith("_") or name.value.startswith(("co_", "f_", "gi_", "cr_", "tb_", "to_", "read_")):
        yield finding_at(program, call, _RULE, f"`{function.id}` may not reach `{name.value}`")


def _is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__") and len(name) > 4
