"""What names and attribute chains mean in terms of modules: installed ones, or files of the bundle."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from strategy_code.allowed_modules import ALLOWED_MODULES
from strategy_code.layout import BundleLayout
from strategy_code.reexported_modules import REEXPORTED_MODULES
from strategy_code.scopes import Binding, Program

_LONGEST_CHAIN: Final = 20
"""Of names that files of a bundle import from each other."""


@dataclass(frozen=True)
class Installed:
    """A module on the list, by its dotted name."""

    name: str


@dataclass(frozen=True)
class Bundled:
    """A file of the bundle."""

    file: str


@dataclass(frozen=True)
class Forbidden:
    """A module that is not on the list, reached through one that is."""

    name: str


Module = Installed | Bundled | Forbidden


class ModuleNames:
    """Resolves over all files of a bundle."""

    def __init__(self, layout: BundleLayout, programs: Mapping[str, Program]) -> None:
        self._layout = layout
        self._programs = programs

    def absolute(self, file: str, module: str, level: int) -> str | None:
        """The absolute name that an import statement in `file` means; None when it leaves the bundle."""
        if level == 0:
            return module
        package = self._layout.package_of(file).split(".")
        if package == [""] or level > len(package):
            return None
        return ".".join([*package[: len(package) - level + 1], *([module] if module else [])])

    def of_name(self, program: Program, name: ast.Name) -> list[Module]:
        """The modules that a name may stand for; empty when it stands for something else."""
        found = (self.of_binding(program.file, binding) for binding in program.resolve(name))
        return [module for module in found if module is not None]

    def of_binding(self, file: str, binding: Binding, chain: int = 0) -> Module | None:
        if binding.module is None or chain > _LONGEST_CHAIN:
            return None
        name = self.absolute(file, binding.module, binding.level)
        if name is None:
            return None
        if binding.attribute is None:
            return self.named(name)
        submodule = self._bundled(f"{name}.{binding.attribute}")
        owner = self.named(name)
        return submodule or (self.attribute(owner, binding.attribute, chain + 1) if owner else None)

    def exporter(self, file: str, binding: Binding) -> str | None:
        """The file of the bundle that a from-import takes its name from."""
        name = self.absolute(file, binding.module or "", binding.level)
        module = self._bundled(name) if name is not None else None
        return module.file if module is not None else None

    def named(self, name: str) -> Module | None:
        """The module of that absolute name, if it is in the bundle or on the list."""
        return self._bundled(name) or (Installed(name) if name in ALLOWED_MODULES else None)

    def attribute(self, owner: Module, attribute: str, chain: int = 0) -> Module | None:
        """The module that an attribute of a module is; None when it is something else."""
        match owner:
            case Installed(name):
                reexported = REEXPORTED_MODULES.get(name, {})
                if attribute in reexported:
                    target = reexported[attribute]
                    return Installed(target) if target else Forbidden(f"{name}.{attribute}")
                return Installed(f"{name}.{attribute}") if f"{name}.{attribute}" in ALLOWED_MODULES else None
            case Bundled(file):
                submodule = self._bundled(f"{self._layout.name_of(file)}.{attribute}")
                return submodule or self._bound_in(file, attribute, chain)
        return None

    def _bound_in(self, file: str, name: str, chain: int) -> Module | None:
        program = self._programs.get(file)
        if program is None or chain > _LONGEST_CHAIN:
            return None
        found = (self.of_binding(file, binding, chain + 1) for binding in program.scope.bindings.get(name, []))
        return next((module for module in found if module is not None), None)

    def _bundled(self, name: str) -> Bundled | None:
        module = self._layout.find(name)
        return Bundled(module.file) if module is not None and module.file is not None else None
