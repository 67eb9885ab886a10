"""What names and attribute chains mean in terms of modules: installed ones, or files of the bundle."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from strategy_code.allowed_modules import ALLOWED_MODULES
from strategy_code.layout import BundleLayout
from strategy_code.reexported_modules import REEXPORTED_MODULES
from strategy_code.scopes import Binding, Program


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
        self._of_bindings: dict[int, list[Module]] = {}
        self._exported = self._follow_imports(programs)

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
        bindings = program.resolve(name)
        if not bindings:
            return []
        # Once for all uses: a name may be bound thousands of times and used thousands of times.
        if id(bindings) not in self._of_bindings:
            found = (self._of_binding(program.file, binding) for binding in bindings)
            self._of_bindings[id(bindings)] = list(dict.fromkeys(module for module in found if module is not None))
        return self._of_bindings[id(bindings)]

    def _of_binding(self, file: str, binding: Binding) -> Module | None:
        if binding.module is None:
            return None
        name = self.absolute(file, binding.module, binding.level)
        if name is None:
            return None
        if binding.attribute is None:
            return self.named(name)
        submodule = self._bundled(f"{name}.{binding.attribute}")
        owner = self.named(name)
        return submodule or (self.attribute(owner, binding.attribute) if owner else None)

    def exporter(self, file: str, binding: Binding) -> str | None:
        """The file of the bundle that a from-import takes its name from."""
        name = self.absolute(file, binding.module or "", binding.level)
        module = self._bundled(name) if name is not None else None
        return module.file if module is not None else None

    def named(self, name: str) -> Module | None:
        """The module of that absolute name, if it is in the bundle or on the list."""
        return self._bundled(name) or (Installed(name) if name in ALLOWED_MODULES else None)

    def attribute(self, owner: Module, attribute: str) -> Module | None:
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
                return submodule or self._exported.get((file, attribute))
        return None

    def _follow_imports(self, programs: Mapping[str, Program]) -> dict[tuple[str, str], Module]:
        """The modules among the names of each file, also those that other files of the bundle bring there.

        From the modules on to whoever imports them, each name once: files may import from each other in circles.
        """
        self._exported = {}
        importers: dict[tuple[str, str], list[tuple[str, str]]] = {}
        found: dict[tuple[str, str], Module] = {}
        for file, program in programs.items():
            for name, bindings in program.scope.bindings.items():
                for binding in bindings:
                    module = self._of_binding(file, binding)
                    exporter = None if module or binding.attribute is None else self.exporter(file, binding)
                    if module is not None:
                        found.setdefault((file, name), module)
                    elif exporter is not None and binding.attribute is not None:
                        importers.setdefault((exporter, binding.attribute), []).append((file, name))
        reached = list(found)
        while reached:
            origin = reached.pop()
            for importer in importers.pop(origin, ()):
                if importer not in found:
                    found[importer] = found[origin]
                    reached.append(importer)
        return found

    def _bundled(self, name: str) -> Bundled | None:
        module = self._layout.find(name)
        return Bundled(module.file) if module is not None and module.file is not None else None
