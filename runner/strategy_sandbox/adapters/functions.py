"""Shapes N1 and N3: `generate_signals(data, parameters)` and `generate_signals(data)`; data maps symbol to frame."""

from collections.abc import Mapping
from typing import Any

from strategy_contracts.worker_protocol import Candidate, Load
from strategy_sandbox.adapters.decisions import read_decisions
from strategy_sandbox.adapters.entry import find_callable, line_of
from strategy_sandbox.bundle_modules import BundleFinder
from strategy_sandbox.moment import Moment


class FunctionAdapter:
    """A module-level function; its state is in module globals if anywhere."""

    carriers: Mapping[str, dict[str, Any]] = {}

    def __init__(self, load: Load, bundle: BundleFinder) -> None:
        entry_point = load.entry_point
        self._function = find_callable(bundle.import_main(entry_point.file), entry_point.name, entry_point)
        self.line = line_of(self._function)
        self._arity = entry_point.arity
        self._parameters = load.parameters

    def evaluate(self, moment: Moment) -> list[Candidate]:
        arguments = (moment.frames(), dict(self._parameters))[: self._arity]
        return read_decisions(self._function(*arguments))
