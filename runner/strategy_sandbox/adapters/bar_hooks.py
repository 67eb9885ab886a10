"""Shapes G and H: subclasses of an SDK's BaseStrategy with `on_bar`, asked once per evaluation about all symbols."""

from strategy_contracts.bundle import Shape
from strategy_contracts.worker_protocol import MAX_CANDIDATES, Candidate, Load
from strategy_sandbox.adapters.entry import attributes_of, find_callable, line_of, make_object
from strategy_sandbox.bundle_modules import BundleFinder
from strategy_sandbox.errors import StrategyBreaksContract
from strategy_sandbox.moment import Moment
from strategy_sandbox.sdk.context_giving import session_for
from strategy_sandbox.sdk.given_names import given_names


class BarHooksAdapter:
    """One instance; its orders are the decisions, in the order of placement."""

    def __init__(self, load: Load, bundle: BundleFinder) -> None:
        entry_point = load.entry_point
        is_sdk = entry_point.shape is Shape.ON_BAR
        module = bundle.import_main(entry_point.file, given_names() if is_sdk else {})
        instance = make_object(load, module)
        session = session_for(instance, load, load.symbols)
        if session is None:
            raise StrategyBreaksContract(f"{entry_point.name} derives from no BaseStrategy of app.sdk or alphintra")
        self._session = session
        if is_sdk:
            for name, part in session.names.items():
                module.__dict__.setdefault(name, part)
        self.line = line_of(find_callable(instance, "on_bar", entry_point))
        session.initialize()
        self.carriers = {"attributes": attributes_of(instance), **session.carriers}

    def evaluate(self, moment: Moment) -> list[Candidate]:
        self._session.begin(moment)
        self._session.ask()
        orders = self._session.finish()
        if len(orders) > MAX_CANDIDATES:
            raise StrategyBreaksContract(f"{len(orders)} orders were placed; the limit is {MAX_CANDIDATES}")
        return orders
