"""Which file of a project is the strategy, where no name says so: the one with an entry point. Executes nothing."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final

from strategy_code.entry_points import find_entry_point
from strategy_code.layout import BundleLayout
from strategy_code.modules import ModuleNames
from strategy_code.scopes import Program, read_program
from strategy_code.source_text import MAX_FILES, MAX_SOURCE_BYTES
from strategy_code.syntax import InvalidSource, parse

_NEVER: Final = ("__init__.py", "conftest.py", "setup.py")


def files_with_entry_point(files: Mapping[str, str]) -> list[str]:
    """The Python files that could be the strategy, nearest to the root first; files that do not parse are none."""
    sources = [path for path in files if path.endswith(".py")]
    if len(sources) > MAX_FILES or sum(len(files[path]) for path in sources) > MAX_SOURCE_BYTES:
        return []
    programs: dict[str, Program] = {}
    for path in sources:
        try:
            programs[path] = read_program(path, parse(path, files[path]))
        except InvalidSource:
            continue
    found = [path for path in programs if _could_be(path) and _has_entry_point(path, programs)]
    return sorted(found, key=lambda path: (path.count("/"), path))


def _could_be(path: str) -> bool:
    name = PurePosixPath(path).name
    return name not in _NEVER and not name.startswith("test_") and not name.endswith("_test.py")


def _has_entry_point(path: str, programs: Mapping[str, Program]) -> bool:
    names = ModuleNames(BundleLayout(programs, path), programs)
    return find_entry_point(path, programs, names).entry_point is not None
