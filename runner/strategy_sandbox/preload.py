"""Brings the libraries a strategy imports into the warden, so that every worker is forked with them.

After the box no extension module can be mapped, so whatever a worker may need of compiled code is loaded here.
Only modules on our own list are imported, never a bundle's. Pure Python parts may stay out: a worker can read them.
"""

import gc
import importlib
import importlib.machinery
import importlib.util
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

_STANDARD_LIBRARY: Final = (
    *("array", "bisect", "calendar", "cmath", "collections.abc", "copy", "csv", "dataclasses", "datetime", "decimal"),
    *("enum", "fractions", "functools", "heapq", "itertools", "json", "logging", "math", "numbers", "operator"),
    *("random", "re", "statistics", "string", "struct", "textwrap", "time", "typing", "unicodedata", "uuid"),
    *("zlib", "zoneinfo"),
)
"""What a strategy may import and what those need; some of it is compiled."""

_LIBRARIES: Final = ("numpy", "pandas", "scipy", "sklearn", "joblib", "ta", "talib")
_ALWAYS: Final = ("numpy", "pandas")
"""The windows are DataFrames, whatever the strategy imports."""
_NEEDED_BY: Final = {"sklearn": ("scipy", "joblib", "sklearn.utils", "sklearn._loss", "sklearn.metrics")}
"""Imported inside functions, where no import statement of ours can see it."""
_LEFT_OUT: Final = frozenset({"tests", "testing", "f2py", "conftest", "_examples", "_generate_pyx"})


class Preloader:
    """Remembers what has been imported; importing again costs nothing."""

    def __init__(self) -> None:
        self._done: set[str] = set()

    def load(self, imports: Iterable[str]) -> None:
        """Import what is on our list of `imports` (dotted names), with its extension modules."""
        wanted = [*_ALWAYS, *(name for name in imports if name.partition(".")[0] in _LIBRARIES)]
        missing = [name for name in dict.fromkeys(_with_needs(wanted)) if name not in self._done]
        if not missing:
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name in _STANDARD_LIBRARY:
                importlib.import_module(name)
            for name in missing:
                _import_with_extensions(name)
                self._done.add(name)
        # Objects that exist now are never collected, so a worker's collector does not copy their pages.
        gc.collect()
        gc.freeze()


def _with_needs(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        yield from _NEEDED_BY.get(name.partition(".")[0], ())
        yield name


def _import_with_extensions(name: str) -> None:
    """Import a module, and if it is a package its compiled parts; an unknown name is for the worker to report."""
    try:
        specification = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        return
    if specification is None:
        return
    importlib.import_module(name)
    for folder in specification.submodule_search_locations or ():
        for extension in _extension_modules(Path(folder), name):
            _import_optional(extension)


def _extension_modules(folder: Path, package: str) -> Iterator[str]:
    suffixes = tuple(importlib.machinery.EXTENSION_SUFFIXES)
    for entry in sorted(folder.iterdir()):
        stem = entry.name.partition(".")[0]
        if stem in _LEFT_OUT:
            continue
        if entry.is_dir() and (entry / "__init__.py").is_file():
            yield from _extension_modules(entry, f"{package}.{stem}")
        elif entry.name.endswith(suffixes):
            yield f"{package}.{stem}"


def _import_optional(name: str) -> None:
    """Some compiled parts need a package that the image leaves out on purpose; nobody can use those anyway."""
    try:
        importlib.import_module(name)
    except ImportError:
        return
