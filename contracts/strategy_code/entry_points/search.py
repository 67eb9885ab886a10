"""Goes through the families of shapes and decides; says what was found when none fits."""

import ast
import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from strategy_code.entry_points.classes import CLASS_SHAPES, Recogniser
from strategy_code.entry_points.definitions import ClassFacts, Definitions
from strategy_code.entry_points.functions import SIGNAL_NAMES, backtest_function, pipeline, signal_function
from strategy_code.entry_points.outcome import Function, Recognised, Refusal
from strategy_code.entry_points.scripts import trade_script
from strategy_code.entry_points.training import offline_class, training_script
from strategy_code.modules import ModuleNames
from strategy_code.places import finding_at
from strategy_code.scopes import Program
from strategy_code.verdict import Finding
from strategy_contracts.bundle import EntryPoint

_RULE: Final = "entry-point"
_EXPECTED: Final = (
    "expected a function generate_signals(data, parameters) or generate_signals(data), "
    "or a class with such a method, on_data(df), execute(df), execute_strategy(df) or a BaseStrategy's on_bar, "
    "and a constructor without arguments"
)
_MOST_LISTED: Final = 8


@dataclass(frozen=True)
class EntryPointSearch:
    """The result: one of the two is set."""

    entry_point: EntryPoint | None = None
    finding: Finding | None = None


def find_entry_point(main_file: str, programs: Mapping[str, Program], names: ModuleNames) -> EntryPointSearch:
    """The entry point of the bundle, looked for in its main file."""
    main = programs[main_file]
    definitions = Definitions(main, programs, names)
    match _recognise(definitions):
        case EntryPoint() as found:
            return EntryPointSearch(found)
        case Refusal(node, message):
            return EntryPointSearch(finding=finding_at(main, node, _RULE, message))
        case None:
            absent = _absent(main)
            return EntryPointSearch(finding=finding_at(main, absent.node, _RULE, absent.message))


def _recognise(definitions: Definitions) -> Recognised:
    """Functions before classes, the file's own classes before imported ones, scripts last."""
    own = list(definitions.own_classes())
    return (
        signal_function(definitions)
        or pipeline(definitions)
        or _among(own)
        or _among(list(definitions.imported_classes()))
        or trade_script(definitions)
        or backtest_function(definitions)
        or training_script(own)
    )


def _among(classes: list[ClassFacts]) -> Recognised:
    """The one class of the first shape that any of them has."""
    for recogniser in (offline_class, *CLASS_SHAPES):
        if found := _the_one(classes, recogniser):
            return found
    return None


def _the_one(classes: list[ClassFacts], recogniser: Recogniser) -> Recognised:
    candidates = [(facts, found) for facts in classes if (found := recogniser(facts)) is not None]
    usable = [(facts, found) for facts, found in candidates if isinstance(found, EntryPoint)]
    bases = {base for facts, _ in usable for base in facts.base_names}
    # Of a class and its base the derived one is meant.
    leaves = [(facts, found) for facts, found in usable if facts.name not in bases]
    if len(leaves) == 1:
        return leaves[0][1]
    if len(leaves) > 1:
        listed = ", ".join(f"{facts.name} (line {getattr(facts.node, 'lineno', '?')})" for facts, _ in leaves)
        return Refusal(leaves[1][0].node, f"several classes could be the strategy: {listed}; keep one in this file")
    return candidates[0][1] if candidates else None


def _absent(main: Program) -> Refusal:
    nested = next((node for node in main.nodes if isinstance(node, Function) and node.name in SIGNAL_NAMES), None)
    if nested is not None:
        return Refusal(nested, f"`{nested.name}` must stand at the top level of the file or in a class there")
    statements = [node for node in main.tree.body if not isinstance(node, ast.Import | ast.ImportFrom)]
    first = statements[0] if statements else main.tree
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Dict | ast.List):
        return Refusal(first, "this is data, not a strategy; a drawn workflow belongs into source.inline.workflow")
    for node in statements:
        if isinstance(node, Function) and (near := difflib.get_close_matches(node.name.lower(), SIGNAL_NAMES, n=1)):
            return Refusal(node, f"`{node.name}` is not called; {_EXPECTED}. Did you mean `{near[0]}`?")
    return Refusal(first, f"{_EXPECTED}; found {_found(main)}")


def _found(main: Program) -> str:
    listed = [_describe(node) for node in main.tree.body if isinstance(node, Function | ast.ClassDef)]
    if not listed:
        return "no function and no class"
    more = f" and {len(listed) - _MOST_LISTED} more" if len(listed) > _MOST_LISTED else ""
    return ", ".join(listed[:_MOST_LISTED]) + more


def _describe(node: ast.stmt) -> str:
    if isinstance(node, ast.ClassDef):
        methods = [inner.name for inner in node.body if isinstance(inner, Function)]
        return f"class {node.name} with {', '.join(methods[:_MOST_LISTED]) or 'no method'} (line {node.lineno})"
    assert isinstance(node, Function)
    return f"{node.name}({ast.unparse(node.args)}) (line {node.lineno})"
