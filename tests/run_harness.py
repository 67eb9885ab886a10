"""A whole run in one process: memory feed, memory log, a strategy that is a function. For tests of the run loop."""

import asyncio
from collections.abc import Callable
from typing import Any

from builders import MINUTE, T0, a_bar, a_bundle, a_runner_config
from in_process_sandbox import InProcessSandbox, Strategy, WindowsSeen
from strategy_contracts.bar import Bar
from strategy_contracts.bundle import Bundle
from strategy_contracts.signal import Signal
from strategy_contracts.worker_protocol import Candidate
from strategy_runner.bar_feed import BarUpdate, CaughtUp
from strategy_runner.bar_feed.memory_feed import MemoryFeed
from strategy_runner.journal import Journal
from strategy_runner.run_parts import RunParts
from strategy_runner.schedule import Pacing
from strategy_runner.signal_factory import SignalFactory
from strategy_runner.signal_sinks.memory_sink import MemoryLog, MemorySink
from strategy_runner.source_books import SourceBooks
from strategy_runner.status_reporter import MemoryStatusWriter
from strategy_runner.strategy_session import StrategySession
from strategy_runner.supervisor import Ending, supervise

SYMBOL = "BTCUSDT"


def close(index: int) -> int:
    """When the index-th minute bar closes."""
    return T0 + (index + 1) * MINUTE


def closed(index: int, symbol: str = SYMBOL, **bar: Any) -> BarUpdate:
    """The update that closes the index-th bar."""
    return BarUpdate(symbol, a_bar(index, **bar), close(index))


def caught_up(index: int) -> CaughtUp:
    """History ends with the index-th bar."""
    return CaughtUp(close(index))


def talkative(windows: WindowsSeen, state: dict[str, Any]) -> list[Candidate]:
    """Buys on even bars, sells on odd ones, and says which bar it saw last and how often it was asked."""
    state["calls"] = state.get("calls", 0) + 1
    decisions = []
    for symbol, bars in windows.items():
        if bars:
            index = (bars[-1].open_time - T0) // MINUTE
            metadata = {"bar": index, "bars": len(bars), "calls": state["calls"]}
            action = "BUY" if index % 2 == 0 else "SELL"
            decisions.append(Candidate(symbol=symbol, action=action, confidence=0.5, quantity=1.0, metadata=metadata))
    return decisions


class Harness:
    """One run. `log` may be shared by several, as a restarted pod shares the broker's."""

    def __init__(
        self,
        strategy: Strategy = talkative,
        *,
        stateful: bool = False,
        log: MemoryLog | None = None,
        sink: MemorySink | None = None,
        feed: MemoryFeed | None = None,
        pacing: Pacing = Pacing.LIVE,
        bundle: Bundle | None = None,
        sources: SourceBooks | None = None,
        **config: Any,
    ) -> None:
        self.config = a_runner_config(**({"lookback_bars": 3} | config))
        self.log = log or MemoryLog()
        self.feed = feed or MemoryFeed()
        self.sandbox = InProcessSandbox(strategy, stateful=stateful)
        self.sink = sink or MemorySink(self.config.incarnation, self.log)
        self.writer = MemoryStatusWriter()
        self.journal = Journal(self.config)
        self.stop = asyncio.Event()
        self._bundle = bundle or a_bundle()
        self._sources = sources or SourceBooks()
        self._pacing = pacing
        self._task: asyncio.Task[Ending] | None = None

    def start(self) -> "Harness":
        parts = RunParts(
            config=self.config,
            pacing=self._pacing,
            feed=self.feed,
            sink=self.sink,
            session=StrategySession(self.sandbox, self._bundle, self.config, self.journal, self._sources),
            factory=SignalFactory(self.config, self._bundle.parameters),
            journal=self.journal,
            sources=self._sources,
            log_delay_s=0.001,
        )
        self._task = asyncio.create_task(supervise(parts, self.sandbox, self.writer, self.stop))
        return self

    async def end(self) -> Ending:
        """Stop in order."""
        self.stop.set()
        return await self.ended()

    async def ended(self) -> Ending:
        """Wait for the run to end by itself."""
        assert self._task is not None
        async with asyncio.timeout(5):
            return await self._task

    async def kill(self) -> None:
        """As SIGKILL would: nothing is finished or closed in order, and the worker dies with its supervisor."""
        assert self._task is not None
        self._task.cancel()
        await asyncio.wait({self._task})

    async def until(self, condition: Callable[[], bool]) -> None:
        """Let the run go on until something holds."""
        async with asyncio.timeout(5):
            while not condition():
                assert self._task is not None
                if self._task.done():
                    self._task.result()
                    raise AssertionError("the run has ended")
                await asyncio.sleep(0.001)

    async def until_evaluated(self, index: int) -> None:
        await self.until(lambda: bool(self.evaluated) and self.evaluated[-1] >= index)

    @property
    def evaluated(self) -> list[int]:
        """Bars at whose close there was a committed evaluation."""
        times = [checkpoint.evaluation_time_ms for checkpoint in self.log.checkpoints]
        return [(time_ms - T0) // MINUTE - 1 for time_ms in times if time_ms is not None]

    @property
    def signals(self) -> list[Signal]:
        return self.log.signals


def stored(count: int) -> dict[str, list[Bar]]:
    """What the provider's history holds."""
    return {SYMBOL: [a_bar(index) for index in range(count)]}
