"""Shapes D, J, O3 (`execute`), F, I and O1 (`on_data`), K and O2 (`execute_strategy`), O4: objects for one frame.

They keep what they remember about their market in attributes, so every symbol has an object of its own.
"""

import logging
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pandas as pd

from strategy_contracts.bundle import Shape
from strategy_contracts.worker_protocol import NEWEST_BAR_ONLY, Candidate, Load
from strategy_sandbox.adapters.decisions import About, read_signal_column, read_symbol_decisions
from strategy_sandbox.adapters.entry import attributes_of, call_if_there, find_callable, line_of, make_object
from strategy_sandbox.adapters.symbol_views import SymbolView, symbol_views
from strategy_sandbox.bundle_modules import BundleFinder
from strategy_sandbox.errors import StrategyBreaksContract
from strategy_sandbox.moment import Moment
from strategy_sandbox.sdk.context_giving import SdkSession, session_for

_Method = Callable[..., Any]


class SymbolObjectAdapter:
    """One object for each symbol; those that derive from an SDK's BaseStrategy have its context too."""

    def __init__(self, load: Load, bundle: BundleFinder) -> None:
        self._entry_point = load.entry_point
        module = bundle.import_main(load.entry_point.file, _given(load))
        self._parts = {symbol: _Part(load, module, symbol) for symbol in load.symbols}
        self.carriers = {
            f"{section}:{symbol}": names
            for symbol, part in self._parts.items()
            for section, names in part.carriers.items()
        }
        self.line = next(line_of(part.method) for part in self._parts.values())

    def evaluate(self, moment: Moment) -> list[Candidate]:
        candidates: list[Candidate] = []
        for view in symbol_views(moment):
            candidates += self._ask(self._parts[view.symbol], view, moment)
        return candidates

    def _ask(self, part: "_Part", view: SymbolView, moment: Moment) -> list[Candidate]:
        if part.session is None:
            answer = self._call(part, view, moment)
            part.gives_frames = isinstance(answer, pd.DataFrame)
            return self.read(answer, view.about)
        part.session.begin(moment)
        decided = self.read(self._call(part, view, moment), view.about)
        return [*part.session.finish(), *decided]

    def _call(self, part: "_Part", view: SymbolView, moment: Moment) -> object:
        match self._entry_point.shape:
            case Shape.CONDITIONS:
                calculate = find_callable(part.instance, "calculate_indicators", self._entry_point)
                return part.method(calculate(view.frame))
            case Shape.EXECUTE_STRATEGY if self._entry_point.arity == 2:
                return part.method(view.frame, dict(moment.account or {}))
        return part.method(view.frame)

    def answer(self, view: SymbolView) -> object:
        """For checks: the frame that is returned for a frame. Lists of decisions and orders are about now alone."""
        part = self._parts[view.symbol]
        if part.session is not None or not part.gives_frames:
            raise StrategyBreaksContract(f"{self._entry_point.method} {NEWEST_BAR_ONLY}")
        return part.method(view.frame)

    def read(self, answer: object, about: About) -> list[Candidate]:
        """The decision about one bar of the frame that was given."""
        shape = self._entry_point.shape
        if shape is Shape.FRAME_MODEL or (shape is Shape.EXECUTE and isinstance(answer, pd.DataFrame)):
            return read_signal_column(answer, about, f"what {self._entry_point.method} returns")
        if about.is_earlier:
            raise StrategyBreaksContract(f"{self._entry_point.method} {NEWEST_BAR_ONLY}")
        return read_symbol_decisions(answer, about, percent=shape is Shape.CONDITIONS)


class _Part:
    """The object of one symbol."""

    def __init__(self, load: Load, module: ModuleType, symbol: str) -> None:
        assert load.entry_point.method is not None
        self.instance = make_object(load, module)
        self.gives_frames = False
        """As its last answer was."""
        self.method: _Method = find_callable(self.instance, load.entry_point.method, load.entry_point)
        self.session: SdkSession | None = session_for(self.instance, load, (symbol,))
        if load.entry_point.shape is Shape.ON_DATA:
            if self.session is not None:
                self.session.initialize()
            else:
                call_if_there(self.instance, "initialize", "setup")
        self.carriers = {"attributes": attributes_of(self.instance)}
        if self.session is not None:
            self.carriers |= self.session.carriers


def _given(load: Load) -> dict[str, Any]:
    """The generator of shape K uses a logger that it never makes."""
    if load.entry_point.shape is Shape.EXECUTE_STRATEGY:
        return {"logger": logging.getLogger(load.entry_point.name)}
    return {}
