"""Shape M of the strategy engine: `async generate_signal(market_data)` with a list of bar objects, one per symbol."""

from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import datetime

from strategy_contracts.worker_protocol import Candidate, Load
from strategy_sandbox.adapters.decisions import read_symbol_decisions
from strategy_sandbox.adapters.entry import attributes_of, call_if_there, find_callable, line_of, make_object
from strategy_sandbox.adapters.symbol_views import SymbolView, symbol_views
from strategy_sandbox.bundle_modules import BundleFinder
from strategy_sandbox.errors import StrategyBreaksContract
from strategy_sandbox.moment import Moment


@dataclass(frozen=True, slots=True)
class MarketData:
    """One bar, as the strategy engine hands it out."""

    symbol: str
    timestamp: datetime
    open: float
    high: float
    low: float
    close: float
    volume: float

    @property
    def price(self) -> float:
        return self.close


class MarketDataAdapter:
    """One object for each symbol, awaited to the end at once: there is nothing in a worker to wait for."""

    def __init__(self, load: Load, bundle: BundleFinder) -> None:
        entry_point = load.entry_point
        assert entry_point.method is not None
        module = bundle.import_main(entry_point.file)
        instances = {symbol: make_object(load, module) for symbol in load.symbols}
        for instance in instances.values():
            call_if_there(instance, "setup")
        self._methods = {
            symbol: find_callable(instance, entry_point.method, entry_point) for symbol, instance in instances.items()
        }
        self.carriers = {f"attributes:{symbol}": attributes_of(instance) for symbol, instance in instances.items()}
        self.line = line_of(next(iter(self._methods.values())))

    def evaluate(self, moment: Moment) -> list[Candidate]:
        candidates: list[Candidate] = []
        for view in symbol_views(moment):
            answer = _run(self._methods[view.symbol](_bars(view)))
            candidates += read_symbol_decisions(answer, view.about)
        return candidates


def _bars(view: SymbolView) -> list[MarketData]:
    times = view.frame.index.to_pydatetime()
    rows = view.frame.to_numpy().tolist()
    return [MarketData(view.symbol, time, *row) for time, row in zip(times, rows, strict=True)]


def _run(coroutine: Coroutine[object, None, object]) -> object:
    try:
        coroutine.send(None)
    except StopIteration as finished:
        answer: object = finished.value
        return answer
    coroutine.close()
    raise StrategyBreaksContract("generate_signal waits for something; a strategy must answer from its market data")
