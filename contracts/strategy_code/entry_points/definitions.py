"""Finds definitions in a bundle: through imports between its files, and methods through base classes in it."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final

from strategy_code.entry_points.outcome import Function
from strategy_code.entry_points.signatures import decorators
from strategy_code.modules import Installed, ModuleNames
from strategy_code.scopes import Binding, Program

_DEEPEST: Final = 20
"""Of names that files import from each other."""
_MOST_BASES: Final = 20


@dataclass(frozen=True)
class Place:
    """A definition and the file it stands in."""

    program: Program
    node: ast.AST


class Definitions:
    """All files of a bundle, looked at from its main file."""

    def __init__(self, main: Program, programs: Mapping[str, Program], names: ModuleNames) -> None:
        self.main = main
        self._programs = programs
        self._names = names
        self._methods: dict[int, dict[str, Function]] = {}
        self._classes: dict[int, tuple[Place, ...]] = {}

    def bindings(self, name: str) -> list[Binding]:
        """Where the main file gives a top-level name its value."""
        return self.main.scope.bindings.get(name, [])

    def definition(self, program: Program, binding: Binding) -> Place | None:
        """What a binding means, through imports between files of the bundle."""
        for _ in range(_DEEPEST):
            if binding.attribute is None:
                return Place(program, binding.node)
            imported = self._names.exporter(program.file, binding)
            if imported is None or imported not in self._programs:
                return None
            program = self._programs[imported]
            bindings = program.scope.bindings.get(binding.attribute, [])
            if len(bindings) != 1:
                return None
            binding = bindings[0]
        return None

    def function(self, name: str) -> Function | None:
        """The function that a top-level name of the main file means, if it is one and only one."""
        bindings = self.bindings(name)
        place = self.definition(self.main, bindings[0]) if len(bindings) == 1 else None
        return place.node if place is not None and isinstance(place.node, Function) else None

    def own_classes(self) -> Iterator["ClassFacts"]:
        """The classes that the main file defines at its top level."""
        for node in self.main.tree.body:
            if isinstance(node, ast.ClassDef):
                yield ClassFacts(self, Place(self.main, node), node.name, node)

    def imported_classes(self) -> Iterator["ClassFacts"]:
        """The classes of other files of the bundle that the main file imports."""
        for name, bindings in self.main.scope.bindings.items():
            for binding in bindings:
                place = self.definition(self.main, binding) if binding.attribute is not None else None
                if place is not None and isinstance(place.node, ast.ClassDef):
                    yield ClassFacts(self, place, name, binding.node)

    def lineage(self, owner: Place) -> list[Place]:
        """The class and its bases that lie in the bundle, nearest first, each once.

        Bounded: classes may inherit from each other along more ways than could be walked.
        """
        lineage: list[Place] = []
        seen = {id(owner.node)}
        waiting = [owner]
        while waiting and len(lineage) < _MOST_BASES:
            place = waiting.pop()
            lineage.append(place)
            bases = [base for base in self._bases(place) if id(base.node) not in seen]
            seen.update(id(base.node) for base in bases)
            waiting += reversed(bases)
        return lineage

    def methods(self, owner: Place) -> Mapping[str, Function]:
        """What the class itself defines, by name."""
        assert isinstance(owner.node, ast.ClassDef)
        if id(owner.node) not in self._methods:
            functions = (node for node in reversed(owner.node.body) if isinstance(node, Function))
            self._methods[id(owner.node)] = {function.name: function for function in functions}
        return self._methods[id(owner.node)]

    def _bases(self, owner: Place) -> Iterator[Place]:
        assert isinstance(owner.node, ast.ClassDef)
        for base in owner.node.bases[:_MOST_BASES]:
            bindings = owner.program.resolve(base) if isinstance(base, ast.Name) else []
            if bindings and id(bindings) not in self._classes:
                places = (self.definition(owner.program, binding) for binding in bindings)
                classes = (place for place in places if place is not None and isinstance(place.node, ast.ClassDef))
                self._classes[id(bindings)] = tuple(islice(classes, _MOST_BASES))
            if bindings:
                yield from self._classes[id(bindings)]

    def base_modules(self, lineage: Iterable[Place]) -> Iterator[str]:
        """Dotted names of what classes derive from outside of the bundle; the bare name of one nobody binds."""
        for place in lineage:
            assert isinstance(place.node, ast.ClassDef)
            for base in place.node.bases[:_MOST_BASES]:
                yield from self._named_outside(place.program, base)

    def _named_outside(self, program: Program, base: ast.expr) -> Iterator[str]:
        match base:
            case ast.Name(id=name):
                bindings = program.resolve(base)
                if not bindings:
                    yield name
                for binding in bindings:
                    origin = self._names.absolute(program.file, binding.module or "", binding.level)
                    if binding.attribute is not None and origin is not None:
                        yield f"{origin}.{binding.attribute}"
            case ast.Attribute(value=ast.Name() as owner, attr=attribute):
                for module in self._names.of_name(program, owner):
                    if isinstance(module, Installed):
                        yield f"{module.name}.{attribute}"
            case ast.Attribute():
                yield ast.unparse(base)


class ClassFacts:
    """One class that could be the strategy: its methods, its constructor, and what it derives from."""

    def __init__(self, definitions: Definitions, place: Place, name: str, shown: ast.AST) -> None:
        assert isinstance(place.node, ast.ClassDef)
        self._definitions = definitions
        self._lineage = definitions.lineage(place)
        self.file = definitions.main.file
        self.name = name
        """By which the main file knows it."""
        self.node = shown
        """Where the main file defines or imports it."""
        self.base_names = {base.id for base in place.node.bases if isinstance(base, ast.Name)}
        self.base_modules = tuple(definitions.base_modules(self._lineage))

    def method(self, name: str) -> Function | None:
        """The method as the class has it, own or inherited within the bundle; None for an abstract one."""
        methods = (self._definitions.methods(place).get(name) for place in self._lineage)
        found = next((method for method in methods if method is not None), None)
        return None if found is None or "abstractmethod" in decorators(found) else found

    def has(self, *names: str) -> bool:
        """Whether it has all of these methods."""
        return all(self.method(name) is not None for name in names)
