"""Rule 7: how the strategy wants to be called, found by the set of its functions and methods and their arity.

Never by class names: several shapes of the platform share those. Absence and ambiguity are refusals that list what
was found and what was expected.
"""

import ast
import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from strategy_code.modules import ModuleNames
from strategy_code.places import finding_at
from strategy_code.scopes import Binding, Program
from strategy_code.verdict import Finding
from strategy_contracts.bundle import EntryPoint, Shape

_RULE: Final = "entry-point"
_NAMES: Final = ("generate_signals", "generate_signal")
"""The first that is there is called, as on the platform."""
_EXPECTED: Final = (
    "expected a function generate_signals(data, parameters) or generate_signals(data), "
    "or a class with such a method and a constructor without arguments"
)
_MOST_LISTED: Final = 8
_DEEPEST_BASES: Final = 20

_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class EntryPointSearch:
    """The result: one of the two is set."""

    entry_point: EntryPoint | None = None
    finding: Finding | None = None


@dataclass(frozen=True)
class _Place:
    """A definition and the file it stands in."""

    program: Program
    node: ast.AST


def find_entry_point(main_file: str, programs: Mapping[str, Program], names: ModuleNames) -> EntryPointSearch:
    """The entry point of the bundle, looked for in its main file."""
    return _Search(programs[main_file], programs, names).run()


class _Search:
    def __init__(self, main: Program, programs: Mapping[str, Program], names: ModuleNames) -> None:
        self._main = main
        self._programs = programs
        self._names = names

    def run(self) -> EntryPointSearch:
        for name in _NAMES:
            bindings = self._main.scope.bindings.get(name)
            if bindings:
                return self._function(name, bindings)
        return self._class()

    def _function(self, name: str, bindings: list[Binding]) -> EntryPointSearch:
        if len(bindings) > 1:
            lines = ", ".join(str(getattr(binding.node, "lineno", "?")) for binding in bindings)
            return self._refuse(bindings[-1].node, f"`{name}` is defined more than once (lines {lines})")
        place = self._definition(self._main, bindings[0])
        if place is None or not isinstance(place.node, _Function):
            return self._refuse(bindings[0].node, f"`{name}` must be a function written with `def`")
        if isinstance(place.node, ast.AsyncFunctionDef):
            return self._refuse(bindings[0].node, f"`{name}` must not be async: write `def {name}`")
        arity = _arity(place.node.args, given=0)
        if arity is None:
            written = ast.unparse(place.node.args)
            return self._refuse(
                bindings[0].node, f"`{name}({written})` cannot be called with (data, parameters) or (data)"
            )
        shape = Shape.FUNCTION if arity == 2 else Shape.FUNCTION_DATA
        return EntryPointSearch(EntryPoint(shape=shape, file=self._main.file, name=name, arity=arity))

    def _class(self) -> EntryPointSearch:
        candidates = [found for found in map(self._as_entry_point, self._top_level(ast.ClassDef)) if found]
        usable = [(node, entry) for node, entry in candidates if isinstance(entry, EntryPoint)]
        bases = {base for node, _ in usable for base in self._base_names(node)}
        # Of a class and its base the derived one is meant.
        leaves = [(node, entry) for node, entry in usable if node.name not in bases]
        if len(leaves) == 1:
            return EntryPointSearch(leaves[0][1])
        if len(leaves) > 1:
            listed = ", ".join(f"{node.name} (line {node.lineno})" for node, _ in leaves)
            return self._refuse(leaves[1][0], f"several classes could be the strategy: {listed}; keep one in this file")
        for node, reason in candidates:
            if isinstance(reason, str):
                return self._refuse(node, reason)
        return self._absent()

    def _as_entry_point(self, node: ast.ClassDef) -> tuple[ast.ClassDef, EntryPoint | str] | None:
        """The class as an entry point, or why it is none; None when it has no such method at all."""
        for name in _NAMES:
            place = self._method(_Place(self._main, node), name)
            if place is None or not isinstance(place.node, _Function):
                continue
            written = f"{node.name}.{name}"
            if isinstance(place.node, ast.AsyncFunctionDef):
                return node, f"`{written}` must not be async"
            kinds = _decorators(place.node)
            if "abstractmethod" in kinds:
                return None
            arity = _arity(place.node.args, given=0 if "staticmethod" in kinds else 1)
            if arity is None:
                return (
                    node,
                    f"`{written}({ast.unparse(place.node.args)})` cannot be called with (data, parameters) or (data)",
                )
            constructor = self._method(_Place(self._main, node), "__init__")
            if constructor and isinstance(constructor.node, _Function) and (missing := _required(constructor.node)):
                return node, f"`{node.name}` needs constructor arguments ({missing}); give them default values"
            entry = EntryPoint(shape=Shape.CLASS, file=self._main.file, name=node.name, method=name, arity=arity)
            return node, entry
        return None

    def _method(self, owner: _Place, name: str, depth: int = 0) -> _Place | None:
        """The method as the class has it, own or inherited within the bundle."""
        assert isinstance(owner.node, ast.ClassDef)
        for statement in owner.node.body:
            if isinstance(statement, _Function) and statement.name == name:
                return _Place(owner.program, statement)
        if depth > _DEEPEST_BASES:
            return None
        for base in owner.node.bases:
            for place in self._classes_named(owner.program, base):
                if found := self._method(place, name, depth + 1):
                    return found
        return None

    def _classes_named(self, program: Program, expression: ast.expr) -> Iterator[_Place]:
        if isinstance(expression, ast.Name):
            for binding in program.resolve(expression):
                place = self._definition(program, binding)
                if place is not None and isinstance(place.node, ast.ClassDef):
                    yield place

    def _definition(self, program: Program, binding: Binding) -> _Place | None:
        """What a binding means, through imports between files of the bundle."""
        for _ in range(_DEEPEST_BASES):
            if binding.attribute is None:
                return _Place(program, binding.node)
            imported = self._names.exporter(program.file, binding)
            if imported is None or imported not in self._programs:
                return None
            program = self._programs[imported]
            bindings = program.scope.bindings.get(binding.attribute, [])
            if len(bindings) != 1:
                return None
            binding = bindings[0]
        return None

    def _base_names(self, node: ast.ClassDef) -> Iterator[str]:
        yield from (base.id for base in node.bases if isinstance(base, ast.Name))

    def _top_level(self, kind: type[ast.ClassDef]) -> Iterator[ast.ClassDef]:
        yield from (node for node in self._main.tree.body if isinstance(node, kind))

    def _absent(self) -> EntryPointSearch:
        nested = next((node for node in self._main.nodes if isinstance(node, _Function) and node.name in _NAMES), None)
        if nested is not None:
            message = f"`{nested.name}` must stand at the top level of the file or in a class there"
            return self._refuse(nested, message)
        statements = [node for node in self._main.tree.body if not isinstance(node, ast.Import | ast.ImportFrom)]
        first = statements[0] if statements else self._main.tree
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Dict | ast.List):
            return self._refuse(
                first, "this is data, not a strategy; a drawn workflow belongs into source.inline.workflow"
            )
        for node in statements:
            if isinstance(node, _Function) and (near := difflib.get_close_matches(node.name.lower(), _NAMES, n=1)):
                return self._refuse(node, f"`{node.name}` is not called; {_EXPECTED}. Did you mean `{near[0]}`?")
        return self._refuse(first, f"{_EXPECTED}; found {self._found()}")

    def _found(self) -> str:
        listed = [_describe(node) for node in self._main.tree.body if isinstance(node, _Function | ast.ClassDef)]
        if not listed:
            return "no function and no class"
        more = f" and {len(listed) - _MOST_LISTED} more" if len(listed) > _MOST_LISTED else ""
        return ", ".join(listed[:_MOST_LISTED]) + more

    def _refuse(self, node: ast.AST, message: str) -> EntryPointSearch:
        return EntryPointSearch(finding=finding_at(self._main, node, _RULE, message))


def _arity(arguments: ast.arguments, given: int) -> int | None:
    """2 when (data, parameters) can be passed, else 1 when (data) can, after `given` bound ones; else None."""
    if any(default is None for default in arguments.kw_defaults):
        return None
    positional = len(arguments.posonlyargs) + len(arguments.args) - given
    required = positional - len(arguments.defaults)
    most = 2 if arguments.vararg is not None else positional
    return next((count for count in (2, 1) if required <= count <= most), None)


def _required(constructor: _Function) -> str:
    """Names of constructor arguments that have no default."""
    arguments = constructor.args
    positional = [*arguments.posonlyargs, *arguments.args][1:]
    required = positional[: len(positional) - len(arguments.defaults)]
    required += [
        argument
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if default is None
    ]
    return ", ".join(argument.arg for argument in required)


def _decorators(function: _Function) -> set[str]:
    return {
        decorator.id if isinstance(decorator, ast.Name) else getattr(decorator, "attr", "")
        for decorator in function.decorator_list
    }


def _describe(node: ast.stmt) -> str:
    if isinstance(node, ast.ClassDef):
        methods = [inner.name for inner in node.body if isinstance(inner, _Function)]
        return f"class {node.name} with {', '.join(methods[:_MOST_LISTED]) or 'no method'} (line {node.lineno})"
    assert isinstance(node, _Function)
    return f"{node.name}({ast.unparse(node.args)}) (line {node.lineno})"
