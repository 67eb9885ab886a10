"""Calls each shape of strategy as its authors meant it, and turns its answer into candidate signals."""

from collections.abc import Mapping
from typing import Any, Protocol

from strategy_contracts.bundle import Shape
from strategy_contracts.worker_protocol import Candidate, Load
from strategy_sandbox.adapters.bar_hooks import BarHooksAdapter
from strategy_sandbox.adapters.functions import FunctionAdapter
from strategy_sandbox.adapters.market_data_objects import MarketDataAdapter
from strategy_sandbox.adapters.objects import ObjectAdapter
from strategy_sandbox.adapters.pipeline import PipelineAdapter
from strategy_sandbox.adapters.scripts import ScriptAdapter
from strategy_sandbox.adapters.symbol_objects import SymbolObjectAdapter
from strategy_sandbox.adapters.workflows import WorkflowAdapter
from strategy_sandbox.bundle_modules import BundleFinder
from strategy_sandbox.moment import Moment


class Adapter(Protocol):
    """One loaded strategy."""

    @property
    def carriers(self) -> Mapping[str, dict[str, Any]]:
        """What carries state from evaluation to evaluation, besides module globals: live dicts by section."""

    @property
    def line(self) -> int | None:
        """Where the strategy's function or method begins, for errors that are about its answer."""

    def evaluate(self, moment: Moment) -> list[Candidate]:
        """Call the strategy; its own exceptions pass through, StrategyBreaksContract when its answer is none."""


def open_adapter(load: Load, bundle: BundleFinder) -> Adapter:
    """The adapter for a shape; this executes the strategy's modules and constructors."""
    match load.entry_point.shape:
        case Shape.FUNCTION | Shape.FUNCTION_DATA:
            return FunctionAdapter(load, bundle)
        case Shape.CLASS:
            return ObjectAdapter(load, bundle)
        case Shape.PIPELINE:
            return PipelineAdapter(load, bundle)
        case Shape.SCRIPT:
            return ScriptAdapter(load, bundle)
        case Shape.MARKET_DATA:
            return MarketDataAdapter(load, bundle)
        case Shape.ON_BAR | Shape.ON_BAR_CONTEXT:
            return BarHooksAdapter(load, bundle)
        case Shape.EXECUTE | Shape.CONDITIONS | Shape.ON_DATA | Shape.EXECUTE_STRATEGY | Shape.FRAME_MODEL:
            return SymbolObjectAdapter(load, bundle)
        case Shape.WORKFLOW:
            return WorkflowAdapter(load)
