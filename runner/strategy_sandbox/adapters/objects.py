"""Shape N2: a class without constructor arguments and a method of (data, parameters) or (data)."""

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from strategy_contracts.bundle import EntryPoint
from strategy_contracts.worker_protocol import Candidate
from strategy_sandbox.adapters.decisions import read_decisions
from strategy_sandbox.adapters.entry import find_callable, line_of
from strategy_sandbox.moment import Moment


class ObjectAdapter:
    """One instance for the worker's life."""

    def __init__(self, entry_point: EntryPoint, module: ModuleType, parameters: Mapping[str, Any]) -> None:
        assert entry_point.method is not None
        self.instance: object = find_callable(module, entry_point.name, entry_point)()
        self._method = find_callable(self.instance, entry_point.method, entry_point)
        self.line = line_of(self._method)
        self._arity = entry_point.arity
        self._parameters = parameters

    def evaluate(self, moment: Moment) -> list[Candidate]:
        arguments = (moment.frames(), dict(self._parameters))[: self._arity]
        return read_decisions(self._method(*arguments))
