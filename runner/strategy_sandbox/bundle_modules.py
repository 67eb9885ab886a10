"""Makes the files of a bundle real modules, imported from memory.

They are in `sys.modules`, have sources for tracebacks and `inspect`, and file names that are the bundle's paths,
so that a line in an error is a line of the author. Names resolve against the bundle's root and the main file's folder.
"""

import importlib
import importlib.abc
import importlib.machinery
import linecache
import sys
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from types import CodeType, ModuleType

_BYTE_ORDER_MARK = "\ufeff"


class BundleFinder(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Finds and loads modules in a mapping of paths to sources. Installed modules keep their names."""

    def __init__(self, files: Mapping[str, str], main_file: str) -> None:
        self._sources = {path: text.removeprefix(_BYTE_ORDER_MARK) for path, text in files.items()}
        folders = {str(parent) for path in self._sources for parent in PurePosixPath(path).parents}
        self._packages = folders - {"."}
        self._roots = tuple(dict.fromkeys((PurePosixPath(main_file).parent, PurePosixPath())))
        self.loaded: dict[str, ModuleType] = {}
        """Modules of the bundle by path, as they were executed."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        for root in self._roots:
            base = root / fullname.replace(".", "/")
            for file, is_package in ((f"{base}/__init__.py", True), (f"{base}.py", False)):
                if file in self._sources:
                    return self._specification(fullname, file, is_package=is_package)
            if str(base) in self._packages:
                return self._specification(fullname, None, is_package=True)
        return None

    def _specification(self, name: str, file: str | None, *, is_package: bool) -> importlib.machinery.ModuleSpec:
        specification = importlib.machinery.ModuleSpec(name, self, origin=file, is_package=is_package)
        specification.has_location = file is not None
        return specification

    def exec_module(self, module: ModuleType) -> None:
        assert module.__spec__ is not None
        file = module.__spec__.origin
        if file is None:
            return  # a folder without __init__.py
        source = self._sources[file]
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        self.loaded[file] = module
        exec(self.compile(file), module.__dict__)  # noqa: S102 - running the strategy is what the worker is for

    def compile(self, file: str) -> CodeType:
        """The file's code; our own `from __future__` must not change its meaning."""
        return compile(self._sources[file], file, "exec", dont_inherit=True)

    def get_source(self, fullname: str) -> str | None:
        specification = self.find_spec(fullname)
        return None if specification is None or specification.origin is None else self._sources[specification.origin]


def module_name(file: str) -> str:
    """The name a file is imported by; `main.py` is `main`, never `__main__`, so that script parts stay asleep."""
    path = PurePosixPath(file)
    return ".".join((*path.parent.parts, path.stem))


def load_main(files: Mapping[str, str], main_file: str) -> BundleFinder:
    """Import the bundle's main module; the finder knows every module this brought in. User errors pass through."""
    finder = BundleFinder(files, main_file)
    sys.meta_path.insert(0, finder)
    importlib.import_module(module_name(main_file))
    return finder
