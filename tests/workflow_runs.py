"""Drawings at work in tests: the adapter fed bar by bar, as the worker feeds it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from strategy_contracts.bar import Bar
from strategy_contracts.bundle import EntryPoint, Shape, Subscription
from strategy_contracts.worker_protocol import Candidate, Load
from strategy_sandbox.adapters.workflows import WorkflowAdapter
from strategy_sandbox.moment import Moment
from strategy_sandbox.state_forms import decode_value, encode_value
from strategy_sandbox.windows import BarWindow

T0 = 1_677_628_800_000
MINUTE = 60_000


def bars_of(closes: Sequence[float], *, spread: float = 0.5, volume: float = 1.0, step_ms: int = MINUTE) -> list[Bar]:
    """One bar a close; each opens where the last one closed."""
    found = []
    before = closes[0]
    for place, close in enumerate(closes):
        high, low = max(before, close) + spread, min(before, close) - spread
        found.append(Bar(T0 + place * step_ms, before, high, low, close, volume))
        before = close
    return found


class WorkflowWorker:
    """The adapter of one drawing with its windows; `kill` takes it away and gives another one its state and windows."""

    def __init__(
        self,
        drawing: Mapping[str, Any],
        symbols: tuple[str, ...] = ("BTCUSDT",),
        timeframe: str = "1m",
        lookback: int = 200,
        sources: tuple[Subscription, ...] = (),
    ) -> None:
        self._load = Load(
            id=1,
            files={"workflow.json": json.dumps(drawing)},
            entry_point=EntryPoint(shape=Shape.WORKFLOW, file="workflow.json", name="workflow", arity=0),
            parameters={},
            symbols=symbols,
            timeframe=timeframe,
            lookback_bars=lookback,
            sources=sources,
        )
        self._history: dict[str, dict[int, Bar]] = {name: {} for name in (*symbols, *(s.source_node for s in sources))}
        self._start()

    def _start(self) -> None:
        load = self._load
        self.adapter = WorkflowAdapter(load)
        self._windows = {symbol: BarWindow(load.lookback_bars) for symbol in load.symbols}
        self._source_windows = {source.source_node: BarWindow(source.lookback) for source in load.sources}
        self._is_new = True

    def evaluate(self, news: Mapping[str, Sequence[Bar]], time_ms: int = 0) -> list[Candidate]:
        """`news` by symbol or source node. A fresh worker is given whole windows instead."""
        for name, bars in news.items():
            self._history[name] |= {bar.open_time: bar for bar in bars}
        given = dict(news)
        if self._is_new:
            given = {
                name: [bars[key] for key in sorted(bars)][-self._load.lookback_bars :]
                for name, bars in self._history.items()
                if bars
            }
            self._is_new = False
        for name, bars in given.items():
            {**self._windows, **self._source_windows}[name].add(bars)
        for bars in self._history.values():
            for opened in [key for key, bar in bars.items() if not bar.closed]:
                del bars[opened]
        return self.adapter.evaluate(
            Moment(
                time_ms=time_ms,
                windows=self._windows,
                news={name: bars for name, bars in given.items() if name in self._windows},
                source_windows=self._source_windows,
                source_news={name: bars for name, bars in given.items() if name in self._source_windows},
            )
        )

    def state(self) -> dict[str, Any]:
        """What travels to the supervisor, as it comes back."""
        form = encode_value(dict(self.adapter.carriers["workflow"]))
        carried: dict[str, Any] = decode_value(msgspec.msgpack.decode(msgspec.msgpack.encode(form)))
        return carried

    def kill(self) -> None:
        state = self.state()
        self._start()
        self.adapter.carriers["workflow"].update(state)

    def signals(self, bars: Sequence[Bar], symbol: str = "BTCUSDT") -> list[tuple[int, str]]:
        """(number of the bar, action) of every decision, bar by bar."""
        return [
            (place, candidate.action) for place, bar in enumerate(bars) for candidate in self.evaluate({symbol: [bar]})
        ]
