"""Which names a program binds, and where: so that rules meet `open(...)`, but no column, parameter or variable `open`.

One walk without recursion over a file's tree gives every node its parent and the scope in which it is evaluated.
Flow is not followed: a name bound anywhere in a scope counts as bound in all of it, as for Python itself.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum


class Kind(Enum):
    """What makes a scope."""

    MODULE = "module"
    FUNCTION = "function"
    CLASS = "class"
    COMPREHENSION = "comprehension"


@dataclass(frozen=True)
class Binding:
    """One place that gives a name its value."""

    node: ast.AST
    module: str | None = None
    """The dotted module, when the name stands for one or for something out of one."""
    attribute: str | None = None
    """What a from-import takes out of `module`."""
    level: int = 0
    """Dots of a relative import."""


@dataclass
class Scope:
    """One module, function, class or comprehension."""

    kind: Kind
    parent: "Scope | None" = None
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    redirected: dict[str, "Scope"] = field(default_factory=dict)
    """Names that a `global` or `nonlocal` statement takes elsewhere."""

    def bind(self, name: str, binding: Binding) -> None:
        target = self.redirected.get(name, self)
        target.bindings.setdefault(name, []).append(binding)

    def resolve(self, name: str) -> list[Binding]:
        """The bindings that a use of the name in this scope means; empty for a builtin."""
        scope: Scope | None = self.redirected.get(name, self)
        first = scope
        while scope is not None:
            visible = scope.kind is not Kind.CLASS or scope is first
            if visible and name in scope.bindings:
                return scope.bindings[name]
            scope = scope.parent
        return []

    def module_scope(self) -> "Scope":
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope


@dataclass
class Program:
    """A parsed file with everything rules ask about its nodes."""

    file: str
    tree: ast.Module
    scope: Scope
    nodes: list[ast.AST]
    _parents: dict[int, ast.AST]
    _scopes: dict[int, Scope]
    _modules: dict[int, bool] = field(default_factory=dict)
    _exceptions: dict[int, bool] = field(default_factory=dict)

    def parent(self, node: ast.AST) -> ast.AST | None:
        return self._parents.get(id(node))

    def scope_of(self, node: ast.AST) -> Scope:
        return self._scopes[id(node)]

    def resolve(self, name: ast.Name) -> list[Binding]:
        return self._scopes[id(name)].resolve(name.id)

    def may_be_module(self, value: ast.expr) -> bool:
        """Whether an import may have given the name its value."""
        return self._any(self._modules, value, lambda binding: binding.module is not None)

    def may_be_exception(self, value: ast.expr) -> bool:
        """Whether an `except … as` may have given the name its value."""
        return self._any(self._exceptions, value, lambda binding: isinstance(binding.node, ast.ExceptHandler))

    def _any(self, known: dict[int, bool], value: ast.expr, fits: Callable[[Binding], bool]) -> bool:
        """Asked once for all uses: a name may be bound thousands of times and used thousands of times."""
        if not isinstance(value, ast.Name):
            return False
        bindings = self.resolve(value)
        if not bindings:
            return False
        if id(bindings) not in known:
            known[id(bindings)] = any(map(fits, bindings))
        return known[id(bindings)]


def read_program(file: str, tree: ast.Module) -> Program:
    """Walk the tree once."""
    walk = _Walk(tree)
    walk.run()
    return Program(file, tree, walk.module, walk.nodes, walk.parents, walk.scopes)


_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Visit = tuple[ast.AST, ast.AST | None, Scope]


class _Walk:
    def __init__(self, tree: ast.Module) -> None:
        self.module = Scope(Kind.MODULE)
        self.nodes: list[ast.AST] = []
        self.parents: dict[int, ast.AST] = {}
        self.scopes: dict[int, Scope] = {}
        self._stack: list[_Visit] = [(tree, None, self.module)]

    def run(self) -> None:
        while self._stack:
            node, parent, scope = self._stack.pop()
            self.nodes.append(node)
            self.scopes[id(node)] = scope
            if parent is not None:
                self.parents[id(node)] = parent
            self._bind(node, scope)
            # Reversed: popped in the order of the source, so `global` is seen before what it redirects.
            self._stack += reversed([(child, node, inner) for child, inner in self._children(node, scope)])

    def _children(self, node: ast.AST, scope: Scope) -> Iterator[tuple[ast.AST, Scope]]:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                yield from self._function_children(node, scope)
            case ast.ClassDef():
                body = Scope(Kind.CLASS, scope)
                yield from ((child, scope) for child in (*node.decorator_list, *node.bases, *node.keywords))
                yield from ((child, body) for child in node.body)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                yield from _comprehension_children(node, scope)
            case _:
                yield from ((child, scope) for child in ast.iter_child_nodes(node))

    def _function_children(self, node: _Function, scope: Scope) -> Iterator[tuple[ast.AST, Scope]]:
        """Decorators, defaults and annotations are evaluated outside, the body inside."""
        inner = Scope(Kind.FUNCTION, scope)
        arguments = node.args
        parameters = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        parameters += [argument for argument in (arguments.vararg, arguments.kwarg) if argument is not None]
        for argument in parameters:
            inner.bind(argument.arg, Binding(argument))
        outside: list[ast.AST] = [default for default in (*arguments.defaults, *arguments.kw_defaults) if default]
        if isinstance(node, ast.Lambda):
            body: list[ast.AST] = [node.body]
        else:
            outside += [*node.decorator_list, *([node.returns] if node.returns else [])]
            body = list(node.body)
        yield from ((child, scope) for child in (*outside, *parameters))
        yield from ((child, inner) for child in body)

    def _bind(self, node: ast.AST, scope: Scope) -> None:
        match node:
            case ast.Name(ctx=ast.Store() | ast.Del()):
                self._binding_scope(node, scope).bind(node.id, Binding(node))
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                scope.bind(name, Binding(node))
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                scope.bind(name, Binding(node))
            case ast.MatchMapping(rest=str(name)):
                scope.bind(name, Binding(node))
            case ast.Import() | ast.ImportFrom():
                _bind_imports(node, scope)
            case ast.Global():
                scope.redirected.update((name, scope.module_scope()) for name in node.names)
            case ast.Nonlocal() if scope.parent is not None:
                scope.redirected.update((name, scope.parent) for name in node.names)

    def _binding_scope(self, name: ast.Name, scope: Scope) -> Scope:
        """A walrus inside a comprehension binds outside of it."""
        if isinstance(self.parents.get(id(name)), ast.NamedExpr):
            while scope.kind is Kind.COMPREHENSION and scope.parent is not None:
                scope = scope.parent
        return scope


def _bind_imports(node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
    for alias in node.names:
        if isinstance(node, ast.ImportFrom):
            binding = Binding(alias, node.module or "", attribute=alias.name, level=node.level)
            scope.bind(alias.asname or alias.name, binding)
        else:
            # `import a.b` binds `a`, `import a.b as c` binds `c` to `a.b`.
            top = alias.name.partition(".")[0]
            scope.bind(alias.asname or top, Binding(alias, alias.name if alias.asname else top))


def _comprehension_children(node: _Comprehension, scope: Scope) -> Iterator[tuple[ast.AST, Scope]]:
    """The first iterable is evaluated outside, all else inside."""
    inner = Scope(Kind.COMPREHENSION, scope)
    for number, generator in enumerate(node.generators):
        yield generator.iter, inner if number else scope
        yield generator.target, inner
        yield from ((condition, inner) for condition in generator.ifs)
    results = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
    yield from ((result, inner) for result in results)
