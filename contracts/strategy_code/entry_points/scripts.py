"""Shape L: top-level code of the backtest service, which appends to a list that it is given."""

import ast
from typing import Final

from strategy_code.entry_points.definitions import Definitions
from strategy_code.entry_points.outcome import Recognised
from strategy_contracts.bundle import EntryPoint, Shape

_TRADES: Final = "trades"
_ADDING: Final = frozenset(("append", "extend", "insert"))


def trade_script(definitions: Definitions) -> Recognised:
    """A file that adds to `trades` without ever giving the name a value."""
    main = definitions.main
    for node in main.nodes:
        if isinstance(node, ast.Attribute) and node.attr in _ADDING and isinstance(node.value, ast.Name):
            name = node.value
            if name.id == _TRADES and not main.resolve(name):
                return EntryPoint(shape=Shape.SCRIPT, file=main.file, name=_TRADES, arity=0)
    return None
