"""Which libraries a strategy imports, so that the warden can load them once, before it forks."""

import ast
from collections.abc import Mapping

from strategy_code.syntax import InvalidSource, parse


def top_level_imports(files: Mapping[str, str]) -> tuple[str, ...]:
    """Names of the top-level modules that the Python files import from outside the bundle, sorted.

    Parsing only, within the limits of the static policy. A file that does not parse tells nothing here; loading it
    will tell its author why.
    """
    own = {path.split("/")[0].removesuffix(".py") for path in files}
    found: set[str] = set()
    for path, source in files.items():
        if path.endswith(".py"):
            found |= _imports(path, source)
    return tuple(sorted({name.split(".")[0] for name in found} - own))


def _imports(file: str, source: str) -> set[str]:
    try:
        tree = parse(file, source)
    except InvalidSource:
        return set()
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                found |= {alias.name for alias in names}
            case ast.ImportFrom(module=str(module), level=0):
                found.add(module)
    return found
