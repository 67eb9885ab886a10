"""Where modules lie in a bundle: from dotted names to paths. The worker's importer and the analysis share it.

Names resolve against the main file's folder first, then the bundle's root; a folder without `__init__.py` is a package.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True)
class BundleModule:
    """A module of the bundle; `file` is None for a folder without `__init__.py`."""

    name: str
    file: str | None
    is_package: bool


class BundleLayout:
    """The paths of a bundle's files, seen as modules."""

    def __init__(self, paths: Iterable[str], main_file: str) -> None:
        self._paths = frozenset(paths)
        folders = {str(parent) for path in self._paths for parent in PurePosixPath(path).parents}
        self._folders = folders - {"."}
        self._roots = tuple(dict.fromkeys((PurePosixPath(main_file).parent, PurePosixPath())))
        self._found: dict[str, BundleModule | None] = {}

    def find(self, name: str) -> BundleModule | None:
        """The module of that dotted name, None if the bundle has none."""
        if name not in self._found:
            self._found[name] = self._look_up(name)
        return self._found[name]

    def _look_up(self, name: str) -> BundleModule | None:
        for root in self._roots:
            base = root / name.replace(".", "/")
            for file, is_package in ((f"{base}/__init__.py", True), (f"{base}.py", False)):
                if file in self._paths:
                    return BundleModule(name, file, is_package)
            if str(base) in self._folders:
                return BundleModule(name, None, is_package=True)
        return None

    def name_of(self, file: str) -> str:
        """The name by which the file is imported: from the root that is nearest to it."""
        path = PurePosixPath(file)
        for root in sorted(self._roots, key=lambda root: -len(root.parts)):
            if path.is_relative_to(root):
                path = path.relative_to(root)
                break
        parts = path.parent.parts if path.name == "__init__.py" else (*path.parent.parts, path.stem)
        return ".".join(parts)

    def package_of(self, file: str) -> str:
        """The package that relative imports in the file start from; empty for a file at a root."""
        name = self.name_of(file)
        return name if PurePosixPath(file).name == "__init__.py" else name.rpartition(".")[0]
