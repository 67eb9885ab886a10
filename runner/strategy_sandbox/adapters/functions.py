"""Shapes N1 and N3: `generate_signals(data, parameters)` and `generate_signals(data)`; data maps symbol to frame."""

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from strategy_contracts.bundle import EntryPoint
from strategy_contracts.worker_protocol import Candidate
from strategy_sandbox.adapters.decisions import read_decisions
from strategy_sandbox.adapters.entry import find_callable, line_of
from strategy_sandbox.moment import Moment


class FunctionAdapter:
    """A module-level function; it has no instance, its state is in module globals if anywhere."""

    instance = None

    def __init__(self, entry_point: EntryPoint, module: ModuleType, parameters: Mapping[str, Any]) -> None:
        self._function = find_callable(module, entry_point.name, entry_point)
        self.line = line_of(self._function)
        self._arity = entry_point.arity
        self._parameters = parameters

    def evaluate(self, moment: Moment) -> list[Candidate]:
        arguments = (moment.frames(), dict(self._parameters))[: self._arity]
        return read_decisions(self._function(*arguments))
