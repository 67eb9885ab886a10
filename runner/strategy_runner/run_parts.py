"""What a run is made of: wired once by `wiring`, the same for every stretch of the run."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from strategy_contracts.runner_config import RunnerConfig
from strategy_runner.bar_feed import BarFeed
from strategy_runner.journal import Journal, wall_clock
from strategy_runner.schedule import Pacing
from strategy_runner.signal_factory import SignalFactory
from strategy_runner.signal_sinks import SignalSink
from strategy_runner.source_books import SourceBooks
from strategy_runner.strategy_session import StrategySession


@dataclass(frozen=True, slots=True, kw_only=True)
class RunParts:
    """Clocks and delays are arguments so that tests own time."""

    config: RunnerConfig
    pacing: Pacing
    feed: BarFeed
    sink: SignalSink
    session: StrategySession
    factory: SignalFactory
    journal: Journal
    sources: SourceBooks = field(default_factory=SourceBooks)
    """A drawing's data sources beside those that the feed follows."""
    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], datetime] = wall_clock
    log_delay_s: float = 0.25
    """Before the log is opened again; doubles while it stays away."""
