"""Makes the files of a bundle real modules, imported from memory.

They are in `sys.modules`, have sources for tracebacks and `inspect`, and file names that are the bundle's paths,
so that a line in an error is a line of the author.
"""

import importlib
import importlib.abc
import importlib.machinery
import linecache
import sys
from collections.abc import Mapping, Sequence
from types import CodeType, MappingProxyType, ModuleType
from typing import Any

from strategy_code.layout import BundleLayout
from strategy_sandbox.errors import StrategyBreaksContract
from strategy_sandbox.sdk import provide_sdks

_BYTE_ORDER_MARK = "\ufeff"


class BundleFinder(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Finds and loads modules in a mapping of paths to sources."""

    def __init__(self, files: Mapping[str, str], layout: BundleLayout) -> None:
        self._sources = {path: text.removeprefix(_BYTE_ORDER_MARK) for path, text in files.items()}
        self._layout = layout
        self.loaded: dict[str, ModuleType] = {}
        """Modules of the bundle by path, as they were executed."""
        self.codes: list[CodeType] = []
        self._given: dict[str, Mapping[str, Any]] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        found = self._layout.find(fullname)
        if found is None:
            return None
        specification = importlib.machinery.ModuleSpec(fullname, self, origin=found.file, is_package=found.is_package)
        specification.has_location = found.file is not None
        return specification

    def exec_module(self, module: ModuleType) -> None:
        assert module.__spec__ is not None
        file = module.__spec__.origin
        if file is None:
            return  # a folder without __init__.py
        self.loaded[file] = module
        module.__dict__.update(self._given.get(file, {}))
        exec(self._compile(file), module.__dict__)  # noqa: S102 - running the strategy is what the worker is for

    def get_source(self, fullname: str) -> str | None:
        found = self._layout.find(fullname)
        return self._sources[found.file] if found is not None and found.file is not None else None

    def import_main(self, main_file: str, given: Mapping[str, Any] = MappingProxyType({})) -> ModuleType:
        """Import the bundle's main module, in which the `given` names exist from the start; user errors pass through.

        Under its own name, never as `__main__`, so that script parts stay asleep.
        """
        self._given[main_file] = given
        importlib.import_module(self._free_name(main_file))
        return self.loaded[main_file]

    def compile_main(self, main_file: str) -> CodeType:
        """The main file's code, for a script that is executed again and again."""
        self._free_name(main_file)
        return self._compile(main_file)

    def _free_name(self, file: str) -> str:
        name = self._layout.name_of(file)
        if name in sys.modules:
            raise StrategyBreaksContract(f"{file} has the name of an installed module; rename it")
        return name

    def _compile(self, file: str) -> CodeType:
        source = self._sources[file]
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        # Neither our own `from __future__` nor how this process was started may change its meaning.
        code = compile(source, file, "exec", dont_inherit=True, optimize=0)
        self.codes.append(code)
        return code


def open_bundle(files: Mapping[str, str], main_file: str) -> BundleFinder:
    """Make the bundle's files importable, beside the platform's own packages; nothing is executed yet."""
    layout = BundleLayout((path for path in files if path.endswith(".py")), main_file)
    provide_sdks(layout)
    finder = BundleFinder(files, layout)
    sys.meta_path.insert(0, finder)
    return finder
