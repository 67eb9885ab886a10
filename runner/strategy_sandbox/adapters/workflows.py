"""Shape workflow: a drawing, interpreted. Closed bars are taken once each; an open bar is looked at and forgotten.

A bar that was revised, or came late, has changed the past: the plan is then fed anew from its windows.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from strategy_code.workflow import Workflow, read_workflow, used_sources
from strategy_contracts.bar import Bar
from strategy_contracts.timeframe import Timeframe
from strategy_contracts.worker_protocol import Candidate, Load
from strategy_sandbox.errors import StrategyBreaksContract
from strategy_sandbox.moment import Moment
from strategy_sandbox.windows import BarWindow
from strategy_sandbox.workflow.plan_run import PlanRun

_NANOSECONDS: Final = 1_000_000
"""In a millisecond, the unit of `Bar.open_time`."""


class WorkflowAdapter:
    """One plan a symbol where the drawing has one data source; else one plan that sees them all."""

    line = None

    def __init__(self, load: Load) -> None:
        file = load.entry_point.file
        reading = read_workflow(load.files[file], file)
        if reading.workflow is None:
            raise StrategyBreaksContract(str(reading.findings[0]))
        symbols = load.symbols if len(used_sources(reading.workflow)) == 1 else load.symbols[:1]
        self._desks = [_Desk(reading.workflow, symbol, load) for symbol in symbols]
        self._memory: dict[str, Any] = {}
        self._fresh = True

    @property
    def carriers(self) -> Mapping[str, dict[str, Any]]:
        return {"workflow": self._memory}

    def evaluate(self, moment: Moment) -> list[Candidate]:
        found: list[Candidate] = []
        for desk in self._desks:
            found += desk.ask(moment, self._memory.get(desk.symbol) if self._fresh else None, fresh=self._fresh)
            self._memory[desk.symbol] = desk.run.snapshot()
        self._fresh = False
        return found


class _Desk:
    """A plan, and where its data sources' bars are found in a moment."""

    def __init__(self, workflow: Workflow, symbol: str, load: Load) -> None:
        self.symbol = symbol
        primary, *others = used_sources(workflow)
        own_grid = {source.source_node: source for source in load.sources}
        symbols, timeframes = {primary.id: symbol}, {primary.id: Timeframe(load.timeframe)}
        for node in others:
            named = str(node.parameters.get("symbol", ""))
            named = symbol if named == primary.parameters.get("symbol") else named
            source = own_grid.get(node.id)
            if source is None and named not in load.symbols:
                raise StrategyBreaksContract(f"{node}: there are no bars of {named or 'it'} in this run")
            symbols[node.id] = named if source is None else source.symbol
            timeframes[node.id] = Timeframe(load.timeframe if source is None else source.timeframe)
        self._own_grid = frozenset(own_grid)
        self._symbols = symbols
        self.run = PlanRun(workflow, symbols, timeframes)

    def ask(self, moment: Moment, memory: Mapping[str, Any] | None, *, fresh: bool) -> list[Candidate]:
        """What the drawing says now. `memory`: what the last worker knew; `fresh`: the news are whole windows."""
        news = {node: self._news(node, moment) for node in self._symbols}
        closed = {node: [bar for bar in bars if bar.closed] for node, bars in news.items()}
        opened = {node: [bar for bar in bars if not bar.closed] for node, bars in news.items()}
        if fresh:
            if memory is not None and not (self.run.restore(memory) and self.run.knows(closed)):
                self.run.restart()
            self.run.feed(closed)
        elif self.run.fits(closed):
            self.run.feed(closed)
        else:
            self.run.rebuild({node: self._window(node, moment, opened[node]) for node in self._symbols}, closed)
        if not any(opened.values()):
            return self.run.decisions()
        before = self.run.snapshot()
        self.run.feed(opened)
        found = self.run.decisions()
        self.run.restore(before)
        return found

    def _news(self, node: str, moment: Moment) -> Sequence[Bar]:
        if node in self._own_grid:
            return moment.source_news.get(node, ())
        return moment.news.get(self._symbols[node], ())

    def _window(self, node: str, moment: Moment, opened: Sequence[Bar]) -> list[Bar]:
        """The closed bars of a window; the open one is in it too, by its open time."""
        window = moment.source_windows[node] if node in self._own_grid else moment.windows[self._symbols[node]]
        still_open = {bar.open_time for bar in opened}
        return [bar for bar in _bars(window) if bar.open_time not in still_open]


def _bars(window: BarWindow) -> list[Bar]:
    frame = window.frame()
    times = (frame.index.asi8 // _NANOSECONDS).tolist()
    columns = (frame[name].tolist() for name in ("open", "high", "low", "close", "volume"))
    return [Bar(*values) for values in zip(times, *columns, strict=True)]
