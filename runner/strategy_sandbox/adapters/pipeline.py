"""Shape A: the module of the no-code generator, step by step, one frame per symbol.

`load_data` makes random data and `run_strategy` calls it, so neither is ever called.
"""

from collections.abc import Mapping
from typing import Any, Final

from strategy_contracts.worker_protocol import Candidate, Load
from strategy_sandbox.adapters.decisions import About, read_decision_columns
from strategy_sandbox.adapters.entry import find_callable, line_of
from strategy_sandbox.adapters.symbol_views import SymbolView, symbol_views
from strategy_sandbox.bundle_modules import BundleFinder
from strategy_sandbox.moment import Moment

_STEPS: Final = (
    *("run_advanced_analysis", "compute_indicators", "evaluate_conditions", "combine_logic", "apply_risk_controls"),
    "generate_trading_decisions",
)
_REQUIRED: Final = ("compute_indicators", "generate_trading_decisions")


class PipelineAdapter:
    """Frame in, frame with more columns out, six times."""

    carriers: Mapping[str, dict[str, Any]] = {}

    def __init__(self, load: Load, bundle: BundleFinder) -> None:
        entry_point = load.entry_point
        module = bundle.import_main(entry_point.file)
        self._steps = [
            (name, find_callable(module, name, entry_point))
            for name in _STEPS
            if name in _REQUIRED or hasattr(module, name)
        ]
        self.line = line_of(self._steps[-1][1])

    def evaluate(self, moment: Moment) -> list[Candidate]:
        candidates: list[Candidate] = []
        for view in symbol_views(moment):
            candidates += self.read(self.answer(view), view.about)
        return candidates

    def answer(self, view: SymbolView) -> object:
        """The frame after the last step."""
        frame: Any = view.frame
        for _, step in self._steps:
            frame = step(frame)
        return frame

    def read(self, answer: object, about: About) -> list[Candidate]:
        """The decision columns of one bar."""
        return read_decision_columns(answer, about, f"what {self._steps[-1][0]} returns")
