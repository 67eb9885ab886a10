"""Calls each shape of strategy as its authors meant it, and turns its answer into candidate signals."""

from collections.abc import Mapping
from types import ModuleType
from typing import Any, Protocol

from strategy_contracts.bundle import EntryPoint, Shape
from strategy_contracts.worker_protocol import Candidate
from strategy_sandbox.adapters.functions import FunctionAdapter
from strategy_sandbox.adapters.objects import ObjectAdapter
from strategy_sandbox.errors import StrategyBreaksContract
from strategy_sandbox.moment import Moment


class Adapter(Protocol):
    """One loaded strategy."""

    @property
    def instance(self) -> object | None:
        """The object that carries state from evaluation to evaluation, if there is one."""

    @property
    def line(self) -> int | None:
        """Where the strategy's function or method begins, for errors that are about its answer."""

    def evaluate(self, moment: Moment) -> list[Candidate]:
        """Call the strategy; its own exceptions pass through, StrategyBreaksContract when its answer is none."""


def open_adapter(entry_point: EntryPoint, module: ModuleType, parameters: Mapping[str, Any]) -> Adapter:
    """The adapter for a shape; for objects this runs the strategy's constructor."""
    match entry_point.shape:
        case Shape.FUNCTION | Shape.FUNCTION_DATA:
            return FunctionAdapter(entry_point, module, parameters)
        case Shape.CLASS:
            return ObjectAdapter(entry_point, module, parameters)
        case Shape.WORKFLOW:
            raise StrategyBreaksContract("this runner has no interpreter of drawings")
