"""The real supervisor and the real warden: signals equal direct calls of the strategy, whatever is killed meanwhile."""

import asyncio
import os
import random
import runpy
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from strategy_code.analysis import analyse
from strategy_contracts.bundle import Bundle
from strategy_contracts.runner_config import Limits, MarketDataPolicy, RepeatPolicy, RunnerConfig, SignalRules
from strategy_contracts.signal import Signal, StrategySource
from strategy_contracts.timeframe import Timeframe
from strategy_runner.bar_feed.csv_feed import CsvFeed, Series, read_series
from strategy_runner.journal import Journal
from strategy_runner.run_parts import RunParts
from strategy_runner.sandbox_link import SandboxLink
from strategy_runner.schedule import Pacing
from strategy_runner.signal_factory import SignalFactory
from strategy_runner.signal_sinks.memory_sink import MemoryLog, MemorySink
from strategy_runner.status_reporter import MemoryStatusWriter
from strategy_runner.strategy_imports import top_level_imports
from strategy_runner.strategy_session import StrategySession
from strategy_runner.supervisor import supervise
from strategyctl.warden_process import LocalWarden, start_warden, stop_warden

EXAMPLES = Path(__file__).parents[3] / "examples"
SYMBOLS = ("BTCUSDT", "ETHUSDT")
LOOKBACK = 60
BARS = 500
PARAMETERS = {"period": 10, "low": 40, "high": 60, "length": 12, "trail": 0.001}


@pytest.fixture(scope="module")
def series() -> dict[str, Series]:
    """The first bars of the examples."""
    found: dict[str, Series] = {}
    for symbol in SYMBOLS:
        whole = read_series(EXAMPLES / "bars" / f"{symbol}-1m.csv", SYMBOLS, Timeframe.M1, symbol)[symbol]
        found[symbol] = Series()
        for index in range(BARS):
            found[symbol].append(whole.bar(index))
    return found


def frames(series: dict[str, Series]) -> dict[str, pd.DataFrame]:
    """All bars of each symbol as a strategy would see them."""
    result = {}
    for symbol, bars in series.items():
        index = pd.DatetimeIndex(pd.to_datetime(list(bars.times), unit="ms", utc=True), name="timestamp")
        names = ("open", "high", "low", "close", "volume")
        result[symbol] = pd.DataFrame(dict(zip(names, map(list, bars.columns), strict=True)), index=index)
    return result


def call_directly(file: str, series: dict[str, Series]) -> list[tuple[Any, ...]]:
    """What the strategy decides at each close, called in this process."""
    names = runpy.run_path(str(EXAMPLES / file))
    strategy = names["Breakout"]().generate_signals if "Breakout" in names else names["generate_signals"]
    whole, decisions = frames(series), []
    for end in range(LOOKBACK, BARS + 1):
        data = {symbol: frame.iloc[end - LOOKBACK : end].copy() for symbol, frame in whole.items()}
        closed = whole[SYMBOLS[0]].index[end - 1] + pd.Timedelta(minutes=1)
        decisions += [
            (
                closed.to_pydatetime(),
                item["symbol"],
                item["action"],
                item["confidence"],
                item.get("stop_loss"),
                own(item),
            )
            for item in strategy(data, dict(PARAMETERS))
        ]
    return decisions


def own(decision: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in decision["metadata"].items() if not name.endswith("_source")}


def told(published: Signal) -> tuple[Any, ...]:
    """The same part of a published signal."""
    return (
        published.evaluation_time,
        published.symbol,
        published.action.value,
        published.confidence,
        published.execution_params.stop_loss,
        own({"metadata": published.metadata}),
    )


class LocalRun:
    """A run whose warden is restarted when it dies, as the kubelet does."""

    def __init__(self, file: str, series: dict[str, Series], folder: Path) -> None:
        files = {file: (EXAMPLES / file).read_text()}
        verdict = analyse(files, file)
        assert verdict.entry_point is not None
        self.bundle = Bundle(
            strategy_id="local/test",
            source=StrategySource.INLINE,
            files=files,
            main_file=file,
            entry_point=verdict.entry_point,
            parameters=PARAMETERS,
        )
        self.config = RunnerConfig(
            execution_id="local/test",
            incarnation=1,
            namespace="local",
            name="test",
            strategy_id="local/test",
            strategy_source=StrategySource.INLINE,
            bundle_digest=self.bundle.digest,
            symbols=SYMBOLS,
            timeframe=Timeframe.M1,
            lookback_bars=LOOKBACK,
            market_data=MarketDataPolicy(provider="csv"),
            signals=SignalRules(cooldown_seconds=0, repeat=RepeatPolicy.ALWAYS, max_per_minute=1000),
            limits=Limits(),
        )
        self.feed = CsvFeed(series, Timeframe.M1, LOOKBACK)
        self.log = MemoryLog()
        self.journal = Journal(self.config)
        self._folder = folder
        self.warden: LocalWarden | None = None
        self.warden_starts = 0

    async def keep_warden(self) -> None:
        while True:
            self.warden = await start_warden(self._folder)
            self.warden_starts += 1
            await self.warden.process.wait()

    async def run(self, disturb: Callable[["LocalRun"], Any] | None = None) -> list[Signal]:
        sandbox = SandboxLink(
            self._folder,
            memory_bytes=self.config.limits.memory_bytes,
            imports=top_level_imports(self.bundle.files),
            on_output=lambda output: None,
        )
        parts = RunParts(
            config=self.config,
            pacing=Pacing.FILE,
            feed=self.feed,
            sink=MemorySink(1, self.log),
            session=StrategySession(sandbox, self.bundle, self.config, self.journal),
            factory=SignalFactory(self.config, self.bundle.parameters),
            journal=self.journal,
        )
        keeper = asyncio.create_task(self.keep_warden())
        disturber = asyncio.create_task(disturb(self)) if disturb else None
        try:
            await supervise(parts, sandbox, MemoryStatusWriter(), asyncio.Event())
        finally:
            for task in filter(None, (keeper, disturber)):
                task.cancel()
                await asyncio.wait({task})
            if self.warden is not None:
                await stop_warden(self.warden)
        return self.log.signals

    def worker_pid(self) -> int | None:
        """The warden's only child."""
        if self.warden is None or self.warden.process.returncode is not None:
            return None
        pid = self.warden.process.pid
        try:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except OSError:
            return None
        return int(children[0]) if children else None


@pytest.fixture
async def folder(tmp_path: Path) -> AsyncIterator[Path]:
    yield tmp_path


@pytest.mark.parametrize("file", ["rsi_dip.py", "sma_cross.py", "breakout.py"])
async def test_signals_equal_direct_calls(file: str, series: dict[str, Series], folder: Path) -> None:
    run = LocalRun(file, series, folder)
    published = await run.run()
    expected = call_directly(file, series)
    assert len(expected) > 10
    assert [told(item) for item in published] == expected
    assert [item.sequence for item in published] == list(range(1, len(published) + 1))
    assert run.journal.state.faults == 0


async def test_signals_are_the_same_when_workers_and_wardens_are_killed(
    series: dict[str, Series], folder: Path
) -> None:
    """An object with state, killed at random moments: not one signal more, less or different."""
    dice = random.Random(7)
    kills = {"worker": 0, "warden": 0}

    async def disturb(run: LocalRun) -> None:
        evaluations = 0
        while True:
            # Two kills within one evaluation would be held against the strategy.
            while run.journal.state.evaluations < evaluations + 12:
                await asyncio.sleep(0.001)
            await asyncio.sleep(dice.uniform(0, 0.004))
            evaluations = run.journal.state.evaluations
            if kills["worker"] % 5 == 4 and run.warden is not None and run.warden.process.returncode is None:
                run.warden.process.kill()
                kills["warden"] += 1
            elif (pid := run.worker_pid()) is not None:
                os.kill(pid, signal.SIGKILL)
            kills["worker"] += 1

    run = LocalRun("breakout.py", series, folder)
    published = await run.run(disturb)
    assert [told(item) for item in published] == call_directly("breakout.py", series)
    assert run.journal.state.faults == 0
    assert kills["worker"] >= 10
    assert kills["warden"] >= 3
    assert run.warden_starts >= 4
