"""One plan at work on one symbol: bars in, in the order in which they closed; decisions out.

What it remembers travels with every answer, so that a fresh worker goes on exactly where the last one was.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from strategy_code.workflow import Workflow
from strategy_contracts.bar import Bar
from strategy_contracts.timeframe import Timeframe, close_time
from strategy_contracts.worker_protocol import Candidate
from strategy_sandbox.workflow.compiling import Plan, compile_plan
from strategy_sandbox.workflow.decisions import decide
from strategy_sandbox.workflow.indicators import PriceBar
from strategy_sandbox.workflow.steps import Fold
from strategy_sandbox.workflow.streams import price_bar

FORMAT: Final = 1
"""Of the memory; another one is not read, and the plan is fed from its windows instead."""
_REVISIONS_KEPT: Final = 32

SourceBars = Mapping[str, Sequence[Bar]]
"""By data source node."""


class PlanRun:
    """Everything of one symbol."""

    def __init__(self, workflow: Workflow, symbols: Mapping[str, str], timeframes: Mapping[str, Timeframe]) -> None:
        """`symbols` and `timeframes` of the data sources by node id; the first one is primary."""
        self._workflow, self._symbols, self._timeframes = workflow, dict(symbols), dict(timeframes)
        # Of bars that close together the primary one comes last: it is what everything is looked at from.
        order = [*list(symbols)[1:], *list(symbols)[:1]]
        self._ranks = {source: rank for rank, source in enumerate(order)}
        self._plan = compile_plan(workflow, timeframes)
        self._newest = dict.fromkeys(symbols, -1)
        self._revised: list[list[Any]] = []

    def fits(self, news: SourceBars) -> bool:
        """Whether the closed bars go on where the plan stands; what is older must be known already."""
        return all(
            bar.open_time > self._newest[source]
            or (bar.revision and [source, bar.open_time, bar.revision] in self._revised)
            for source, bars in news.items()
            for bar in bars
            if bar.closed
        )

    def knows(self, history: SourceBars) -> bool:
        """For a plan that was brought back: whether no bar it has seen was revised since."""
        return all(
            not bar.revision
            or bar.open_time > self._newest[source]
            or [source, bar.open_time, bar.revision] in self._revised
            for source, bars in history.items()
            for bar in bars
            if bar.closed
        )

    def feed(self, bars: SourceBars) -> None:
        """Take the bars that come after those taken, across sources in the order of their closes."""
        entries = [
            (close_time(self._timeframes[source], bar.open_time), self._ranks[source], bar.open_time, source, bar)
            for source, listed in bars.items()
            for bar in listed
            if bar.open_time > self._newest[source]
        ]
        for _, _, opened, source, bar in sorted(entries, key=lambda entry: entry[:3]):
            if opened > self._newest[source]:
                self._newest[source] = opened
                self._note_revision(source, bar)
                self._tick(source, price_bar(bar))

    def decisions(self) -> list[Candidate]:
        """What the actions say now."""
        found = (decide(point, self._symbols[point.source]) for point in self._plan.actions)
        return [candidate for candidate in found if candidate is not None and _has_price(candidate)]

    def restart(self) -> None:
        """Forget everything, to be fed from the beginning of the windows."""
        self._plan = compile_plan(self._workflow, self._timeframes)
        self._newest = dict.fromkeys(self._symbols, -1)
        self._revised = []

    def rebuild(self, windows: SourceBars, news: SourceBars) -> None:
        """Start again from the windows, because of news about bars that were taken already."""
        self.restart()
        self.feed(windows)
        for source, bars in news.items():
            for bar in bars:
                self._note_revision(source, bar)

    def snapshot(self) -> dict[str, Any]:
        plan = self._plan
        return {
            "format": FORMAT,
            "newest": dict(self._newest),
            "revised": [list(item) for item in self._revised],
            "streams": [stream.snapshot() for stream in plan.streams.values()],
            "steps": [step.snapshot() for step in plan.steps],
            "tapes": [list(tape.values) for tape in plan.tapes],
        }

    def restore(self, state: Mapping[str, Any]) -> bool:
        """Go on from a snapshot; False when it is not of this plan."""
        plan = self._plan
        if not _is_of(plan, state) or set(state["newest"]) != set(self._newest):
            return False
        self._newest, self._revised = dict(state["newest"]), [list(item) for item in state["revised"]]
        for stream, bar in zip(plan.streams.values(), state["streams"], strict=True):
            stream.restore(bar)
        for step, memory in zip(plan.steps, state["steps"], strict=True):
            step.restore(memory)
        for tape, values in zip(plan.tapes, state["tapes"], strict=True):
            tape.values.clear()
            tape.values.extend(values)
        return True

    def _tick(self, source: str, bar: PriceBar) -> None:
        plan = self._plan
        plan.streams[source].take(bar)
        ticking = {source}
        for step in plan.steps:
            if step.clock in ticking:
                step.run()
                if isinstance(step, Fold) and step.emitted:
                    ticking.add(step.ticks)

    def _note_revision(self, source: str, bar: Bar) -> None:
        if bar.revision:
            self._revised = [*self._revised, [source, bar.open_time, bar.revision]][-_REVISIONS_KEPT:]


def _is_of(plan: Plan, state: Mapping[str, Any]) -> bool:
    sizes = {"streams": len(plan.streams), "steps": len(plan.steps), "tapes": len(plan.tapes)}
    return state.get("format") == FORMAT and all(len(state.get(name, ())) == size for name, size in sizes.items())


def _has_price(candidate: Candidate) -> bool:
    return candidate.current_price is not None and math.isfinite(candidate.current_price)
