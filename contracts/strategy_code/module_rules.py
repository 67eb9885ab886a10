"""Rule 2: what may be done with an imported module: use its public, listed attributes, and nothing else.

A module that is passed, stored or returned could be used anywhere under any name, so it is refused as a value.
"""

import ast
from collections.abc import Iterator

from strategy_code.import_rules import refused_name
from strategy_code.modules import Bundled, Forbidden, Installed, Module, ModuleNames
from strategy_code.places import finding_at
from strategy_code.refusals import ALLOWED_OPTIONS
from strategy_code.scopes import Program
from strategy_code.verdict import Finding

_RULE = "module"
_LOGGING_TO_FILES = ("filename", "handlers", "stream")


def check_module_use(program: Program, names: ModuleNames) -> Iterator[Finding]:
    """Findings about the uses of imported modules in one file."""
    for node in program.nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            for module in names.of_name(program, node):
                yield from _follow(program, names, node, module)


def used_modules(program: Program, names: ModuleNames) -> Iterator[str]:
    """Dotted names of installed modules that attribute chains reach: `scipy.stats.norm` uses `scipy.stats`."""
    for node in program.nodes:
        if isinstance(node, ast.Name):
            for module in names.of_name(program, node):
                yield from _reached(program, names, node, module)


def _reached(program: Program, names: ModuleNames, node: ast.AST, module: Module) -> Iterator[str]:
    current: Module | None = module
    while isinstance(current, Installed | Bundled):
        if isinstance(current, Installed):
            yield current.name
        parent = program.parent(node)
        if not (isinstance(parent, ast.Attribute) and parent.value is node):
            return
        node, current = parent, names.attribute(current, parent.attr)


def _follow(program: Program, names: ModuleNames, node: ast.expr, module: Module) -> Iterator[Finding]:
    """Along `a.b.c` from `a`, until something that is no module."""
    while True:
        parent = program.parent(node)
        if isinstance(module, Forbidden):
            yield finding_at(program, node, _RULE, f"`{module.name}` is a module that strategies may not use")
            return
        if not (isinstance(parent, ast.Attribute) and parent.value is node):
            if not _is_harmless_test(program, node):
                name = module.name if isinstance(module, Installed) else module.file
                message = f"the module `{name}` is used as a value; use its functions where you need them"
                yield finding_at(program, node, _RULE, message)
            return
        if isinstance(module, Installed):
            if not isinstance(parent.ctx, ast.Load):
                message = (
                    f"`{module.name}.{parent.attr}` belongs to the library; keep your own under a name of your own"
                )
                yield finding_at(program, parent, _RULE, message)
                return
            if advice := refused_name(module.name, parent.attr):
                message = f"`{module.name}.{parent.attr}` is not available: {advice}"
                yield finding_at(program, parent, _RULE, message)
                return
            yield from _check_call(program, module.name, parent)
        following = names.attribute(module, parent.attr)
        if following is None:
            return
        node, module = parent, following


def _is_harmless_test(program: Program, node: ast.expr) -> bool:
    """`if talib is None`, `if talib:` after an import that was tried."""
    parent = program.parent(node)
    if isinstance(parent, ast.Compare):
        others = [parent.left, *parent.comparators]
        return all(isinstance(operator, ast.Is | ast.IsNot) for operator in parent.ops) and all(
            other is node or (isinstance(other, ast.Constant) and other.value is None) for other in others
        )
    if isinstance(parent, ast.UnaryOp):
        return isinstance(parent.op, ast.Not)
    return isinstance(parent, ast.If | ast.IfExp | ast.While) and parent.test is node


def _check_call(program: Program, module: str, function: ast.Attribute) -> Iterator[Finding]:
    """Functions of which some arguments are refused."""
    call = program.parent(function)
    called = isinstance(call, ast.Call) and call.func is function
    match module, function.attr:
        case "logging", "basicConfig":
            if not called:
                yield finding_at(program, function, _RULE, "call logging.basicConfig where you need it")
            elif isinstance(call, ast.Call) and any(key.arg in (None, *_LOGGING_TO_FILES) for key in call.keywords):
                yield finding_at(program, call, _RULE, "logging.basicConfig: only level and format; logs are collected")
        case "pandas", "set_option" | "reset_option" | "option_context" | "get_option" | "describe_option":
            if not (isinstance(call, ast.Call) and called and all(_is_harmless_option(a) for a in call.args[::2])):
                message = f"pandas options must be named by a text that starts with {', '.join(ALLOWED_OPTIONS)}"
                yield finding_at(program, function, _RULE, message)
        case "pandas", "options":
            if not (isinstance(call, ast.Attribute) and f"{call.attr}." in ALLOWED_OPTIONS):
                message = f"pandas options: only those of {', '.join(ALLOWED_OPTIONS)}"
                yield finding_at(program, function, _RULE, message)


def _is_harmless_option(argument: ast.expr) -> bool:
    value = argument.value if isinstance(argument, ast.Constant) else None
    return isinstance(value, str) and value.startswith(ALLOWED_OPTIONS)
