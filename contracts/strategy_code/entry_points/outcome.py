"""What a recogniser says about a file or a class: this is the entry point, this cannot be one, or nothing."""

import ast
from dataclasses import dataclass
from typing import Final

from strategy_contracts.bundle import EntryPoint

Function = ast.FunctionDef | ast.AsyncFunctionDef

WAY_OUT: Final = (
    "if it was made from a drawn workflow, run the workflow itself (source.noCode or source.inline.workflow); "
    "else write generate_signals(data, parameters)"
)


@dataclass(frozen=True)
class Refusal:
    """A sentence for the author, about a place in the main file."""

    node: ast.AST
    message: str


Recognised = EntryPoint | Refusal | None
"""None: not this shape."""
