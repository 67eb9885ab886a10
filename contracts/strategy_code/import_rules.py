"""Rule 1: what may be imported, statement by statement."""

import ast
import difflib
from collections.abc import Iterator

from strategy_code.allowed_modules import ALLOWED_MODULES, ALLOWED_ROOTS, is_taken
from strategy_code.layout import BundleLayout
from strategy_code.modules import Forbidden, Installed, ModuleNames
from strategy_code.places import finding_at
from strategy_code.refusals import ADVICE, REFUSED_NAMES, REFUSED_PREFIXES
from strategy_code.scopes import Program
from strategy_code.verdict import Finding

_RULE = "import"


def check_imports(program: Program, names: ModuleNames, layout: BundleLayout) -> Iterator[Finding]:
    """Findings about the import statements of one file."""
    for node in program.nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _check_module(program, node, alias.name, layout)
        elif isinstance(node, ast.ImportFrom):
            yield from _check_from(program, node, names, layout)


def refused_name(module: str, attribute: str) -> str | None:
    """What to do instead of using that attribute of an installed module; None when it may be used."""
    if advice := REFUSED_NAMES.get(module, {}).get(attribute):
        return advice
    prefix, advice = REFUSED_PREFIXES.get(module, ("", ""))
    if prefix and attribute.startswith(prefix):
        return advice
    if attribute.startswith("_") and attribute != "__version__":
        return "private names change without notice; use a public one"
    return None


def imported_modules(program: Program, names: ModuleNames) -> Iterator[str]:
    """Dotted names of installed modules that the file's import statements bring in."""
    for node in program.nodes:
        if isinstance(node, ast.Import):
            candidates = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            candidates = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        yield from (name for name in candidates if isinstance(names.named(name), Installed))


def _check_module(program: Program, node: ast.stmt, name: str, layout: BundleLayout) -> Iterator[Finding]:
    top = name.partition(".")[0]
    if layout.find(top) is not None:
        if is_taken(top):
            message = f"`{top}` is a file of the bundle and an installed module; rename the file"
            yield finding_at(program, node, _RULE, message)
        elif layout.find(name) is None:
            yield finding_at(program, node, _RULE, f"the bundle has no module `{name}`")
    elif name not in ALLOWED_MODULES:
        yield finding_at(program, node, _RULE, _refusal(name))


def _check_from(program: Program, node: ast.ImportFrom, names: ModuleNames, layout: BundleLayout) -> Iterator[Finding]:
    name = names.absolute(program.file, node.module or "", node.level)
    if name is None:
        written = "." * node.level + (node.module or "")
        message = f"`{written}` leads out of the bundle's packages; at its top write the module's own name"
        yield finding_at(program, node, _RULE, message)
        return
    if any(alias.name == "*" for alias in node.names):
        yield finding_at(program, node, _RULE, f"name what you import from `{name}` instead of `*`")
    before = list(_check_module(program, node, name, layout))
    yield from before
    if before or name == "__future__":
        return
    for alias in node.names:
        yield from _check_imported_name(program, node, name, alias.name, names)


def _check_imported_name(
    program: Program, node: ast.ImportFrom, module: str, attribute: str, names: ModuleNames
) -> Iterator[Finding]:
    owner = names.named(module)
    if isinstance(owner, Installed):
        if advice := refused_name(module, attribute):
            yield finding_at(program, node, _RULE, f"`{module}.{attribute}` is not available: {advice}")
            return
        if not isinstance(names.attribute(owner, attribute), Forbidden):
            return
        message = f"`{module}.{attribute}` is a module that strategies may not use"
        yield finding_at(program, node, _RULE, message)


def _refusal(name: str) -> str:
    top = name.partition(".")[0]
    if advice := ADVICE.get(top):
        return f"`{name}` cannot be imported: {advice}"
    if top in ALLOWED_ROOTS:
        return f"`{name}` is not among the parts of `{top}` that strategies may use"
    near = difflib.get_close_matches(top, ALLOWED_ROOTS, n=1, cutoff=0.8)
    hint = f"; did you mean `{near[0]}`?" if near else ""
    return f"`{name}` cannot be imported: it is neither in the bundle nor on the list of allowed modules{hint}"
