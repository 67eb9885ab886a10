"""Shape N2: a class without constructor arguments and a method of (data, parameters) or (data)."""

from strategy_contracts.worker_protocol import Candidate, Load
from strategy_sandbox.adapters.decisions import read_decisions
from strategy_sandbox.adapters.entry import attributes_of, find_callable, line_of, make_object
from strategy_sandbox.bundle_modules import BundleFinder
from strategy_sandbox.moment import Moment


class ObjectAdapter:
    """One instance for the worker's life."""

    def __init__(self, load: Load, bundle: BundleFinder) -> None:
        entry_point = load.entry_point
        assert entry_point.method is not None
        instance = make_object(load, bundle.import_main(entry_point.file))
        self.carriers = {"attributes": attributes_of(instance)}
        self._method = find_callable(instance, entry_point.method, entry_point)
        self.line = line_of(self._method)
        self._arity = entry_point.arity
        self._parameters = load.parameters

    def evaluate(self, moment: Moment) -> list[Candidate]:
        arguments = (moment.frames(), dict(self._parameters))[: self._arity]
        return read_decisions(self._method(*arguments))
