"""Drawings in the real sandbox: the decisions of the plan in this process, also where workers keep being killed."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from strategy_code.analysis import analyse
from strategy_code.workflow import read_workflow, subscriptions_of, workflow_bundle
from strategy_contracts.bar import Bar
from strategy_contracts.bundle import Bundle
from strategy_contracts.run_market import in_its_market, other_sources
from strategy_contracts.runner_config import MarketDataPolicy, RepeatPolicy, RunnerConfig, SignalRules
from strategy_contracts.signal import Signal, StrategySource
from strategy_contracts.timeframe import MINUTE_MS, Timeframe, close_time, open_time
from strategy_contracts.worker_protocol import Evaluate, Evaluated
from strategy_runner.bar_feed.csv_feed import CsvFeed, Series, read_series
from strategy_runner.journal import Journal
from strategy_runner.run_parts import RunParts
from strategy_runner.sandbox_link import SandboxLink
from strategy_runner.schedule import Pacing
from strategy_runner.signal_factory import SignalFactory
from strategy_runner.signal_sinks.memory_sink import MemoryLog, MemorySink
from strategy_runner.source_books import SourceBooks
from strategy_runner.status_reporter import MemoryStatusWriter
from strategy_runner.strategy_session import StrategySession
from strategy_runner.supervisor import supervise
from strategyctl.warden_process import start_warden, stop_warden
from workflow_drawings import a_condition, a_drawing, a_node, a_source, an_action
from workflow_runs import WorkflowWorker

EXAMPLES = Path(__file__).parents[3] / "examples"
LOOKBACK = 60
BARS = 500
KILL_EVERY = 50

SLOW_FILTER = a_drawing(
    a_source("d1"),
    a_source("d2", timeframe="5m"),
    a_node("i1", "technicalIndicator", indicator="EMA", period=5),
    a_node("i2", "technicalIndicator", indicator="EMA", period=4),
    a_condition("c", "crossover"),
    an_action(),
    wires="d1>i1 d2>i2 i1>c.data-input i2>c.value-input c>a",
)


def example(name: str) -> dict[str, Any]:
    drawing: dict[str, Any] = json.loads((EXAMPLES / "workflows" / f"{name}.json").read_text())
    return drawing


@pytest.fixture(scope="module")
def series() -> Series:
    whole = read_series(EXAMPLES / "bars" / "BTCUSDT-1m.csv", ("BTCUSDT",), Timeframe.M1, "BTCUSDT")["BTCUSDT"]
    found = Series()
    for index in range(BARS):
        found.append(whole.bar(index))
    return found


def folded(series: Series) -> list[Bar]:
    """The whole five-minute bars of the series."""
    groups: dict[int, list[Bar]] = {}
    for index in range(len(series)):
        bar = series.bar(index)
        groups.setdefault(open_time(Timeframe.M5, bar.open_time), []).append(bar)
    return [
        Bar(
            opened,
            parts[0].open,
            max(bar.high for bar in parts),
            min(bar.low for bar in parts),
            parts[-1].close,
            sum(bar.volume for bar in parts),
        )
        for opened, parts in sorted(groups.items())
        if len(parts) == 5
    ]


class Shelf:
    """A history of bars that are all there."""

    def __init__(self, bars: list[Bar]) -> None:
        self._bars = bars

    async def history(self, symbol: str, from_ms: int, to_ms: int) -> list[Bar]:
        return [bar for bar in self._bars if from_ms <= bar.open_time < to_ms]

    async def close(self) -> None:
        """Nothing is open."""


class KillingLink(SandboxLink):
    """Loses its worker before every so many-th evaluation."""

    kills_every = 0
    kills = 0
    asked = 0

    async def evaluate(self, request: Evaluate, deadline_s: float) -> Evaluated:
        self.asked += 1
        if self.kills_every and self.asked % self.kills_every == 0:
            self.kills += 1
            await self.discard()
        return await super().evaluate(request, deadline_s)


async def run(drawing: dict[str, Any], series: Series, folder: Path, kill_every: int) -> tuple[list[Signal], int, int]:
    """Signals, faults and kills."""
    files, main_file = workflow_bundle(drawing)
    verdict, workflow = analyse(files, main_file), read_workflow(files[main_file]).workflow
    assert verdict.entry_point is not None
    assert workflow is not None
    market = subscriptions_of(workflow, symbols=None, timeframe=None, provider="csv", lookback=LOOKBACK)
    bundle = Bundle(
        strategy_id="local/drawn",
        source=StrategySource.INLINE,
        files=files,
        main_file=main_file,
        entry_point=verdict.entry_point,
        subscriptions=market,
    )
    config = in_its_market(
        RunnerConfig(
            execution_id="local/drawn",
            incarnation=1,
            namespace="local",
            name="drawn",
            strategy_id="local/drawn",
            strategy_source=StrategySource.INLINE,
            bundle_digest=bundle.digest,
            symbols=(),
            timeframe=Timeframe.H1,
            lookback_bars=LOOKBACK,
            market_data=MarketDataPolicy(provider="csv"),
            signals=SignalRules(cooldown_seconds=0, repeat=RepeatPolicy.ALWAYS, max_per_minute=1000),
        ),
        bundle,
    )
    log, journal = MemoryLog(), Journal(config)
    sources = SourceBooks([(source, Shelf(folded(series))) for source in other_sources(market)])
    sandbox = KillingLink(folder, memory_bytes=config.limits.memory_bytes, imports=(), on_output=lambda output: None)
    sandbox.kills_every = kill_every
    parts = RunParts(
        config=config,
        pacing=Pacing.FILE,
        feed=CsvFeed({"BTCUSDT": series}, config.timeframe, LOOKBACK),
        sink=MemorySink(1, log),
        session=StrategySession(sandbox, bundle, config, journal, sources),
        factory=SignalFactory(config, {}),
        journal=journal,
        sources=sources,
    )
    warden = await start_warden(folder)
    try:
        await supervise(parts, sandbox, MemoryStatusWriter(), asyncio.Event())
    finally:
        await stop_warden(warden)
    return log.signals, journal.state.faults, sandbox.kills


def expected(drawing: dict[str, Any], series: Series) -> list[tuple[int, str]]:
    """What the plan in this process decides at each close."""
    files, main_file = workflow_bundle(drawing)
    workflow = read_workflow(files[main_file]).workflow
    assert workflow is not None
    market = subscriptions_of(workflow, symbols=None, timeframe=None, provider="csv", lookback=LOOKBACK)
    worker = WorkflowWorker(drawing, lookback=LOOKBACK, sources=other_sources(market))
    slow = folded(series) if other_sources(market) else []
    found = []
    for index in range(LOOKBACK - 1, len(series)):
        first = 0 if index == LOOKBACK - 1 else index
        bars = [series.bar(place) for place in range(first, index + 1)]
        time_ms = close_time(Timeframe.M1, series.times[index])
        due = [bar for bar in slow if close_time(Timeframe.M5, bar.open_time) <= time_ms]
        slow = slow[len(due) :]
        news = {"BTCUSDT": bars, **({"d2": due} if due else {})}
        found += [(time_ms, candidate.action) for candidate in worker.evaluate(news, time_ms)]
    return found


def told(signals: list[Signal]) -> list[tuple[int, str]]:
    return [(int(item.evaluation_time.timestamp()) * 1000, item.action.value) for item in signals]


@pytest.mark.parametrize("kill_every", [0, KILL_EVERY], ids=["undisturbed", "killed after every 50th bar"])
@pytest.mark.parametrize(
    "drawing",
    [
        pytest.param(example("rsi-dip"), id="rsi dip"),
        pytest.param(example("macd-cross"), id="macd cross"),
        pytest.param(SLOW_FILTER, id="with a five-minute source"),
    ],
)
async def test_a_drawing_runs_as_it_is_drawn(
    drawing: dict[str, Any], kill_every: int, series: Series, tmp_path: Path
) -> None:
    signals, faults, kills = await run(drawing, series, tmp_path, kill_every)
    wanted = expected(drawing, series)
    assert len(wanted) > 5
    assert told(signals) == wanted
    assert faults == 0
    assert (kills > 5) is (kill_every > 0)
    assert series.times[1] - series.times[0] == MINUTE_MS
