"""A sandbox without a process: a function of windows, called where the test runs. Keeps the promises of `Sandbox`."""

import asyncio
from collections import deque
from collections.abc import Callable, Collection
from typing import Any

from strategy_contracts.bar import Bar
from strategy_contracts.worker_protocol import Candidate, Evaluate, Evaluated, Load, LookAhead
from strategy_runner.errors import WorkerLost
from strategy_runner.evidence import not_boxed
from strategy_runner.sandbox import Started

WindowsSeen = dict[str, list[Bar]]
Strategy = Callable[[WindowsSeen, dict[str, Any]], list[Candidate]]
"""Windows and a mutable state in, decisions out."""


def never(_: WindowsSeen, __: dict[str, Any]) -> list[Candidate]:
    """A strategy that waits."""
    return []


class InProcessSandbox:
    """`faults` are raised instead of an answer, one for each request; an int there kills the worker beforehand."""

    def __init__(self, strategy: Strategy = never, *, stateful: bool = False) -> None:
        self._strategy = strategy
        self._stateful = stateful
        self._load: Load | None = None
        self._windows: dict[str, dict[int, Bar]] = {}
        self._state: dict[str, Any] = {}
        self.layers: tuple[str, ...] = ("rlimits",)
        self.load_faults: deque[Exception] = deque()
        self.faults: deque[Exception | None] = deque()
        self.loads: list[Load] = []
        self.requests: list[Evaluate] = []
        self.unresponsive = asyncio.Event()
        self.proceed = asyncio.Event()
        self.proceed.set()
        """Cleared by a test that wants an evaluation to take its time."""
        self.look_ahead = LookAhead(compared=32)
        """What comes of comparing earlier bars."""
        self.closed = False

    @property
    def has_worker(self) -> bool:
        return self._load is not None

    async def start(self, load: Load, deadline_s: float, require: Collection[str] = ()) -> Started:
        self._load = None
        if absent := set(require) - set(self.layers):
            raise not_boxed(f"required isolation is not available: {', '.join(sorted(absent))}")
        self.loads.append(load)
        if self.load_faults:
            raise self.load_faults.popleft()
        self._load = load
        self._windows = {symbol: {} for symbol in load.symbols}
        self._state = dict(load.state or {})
        return Started(self.layers, self._stateful)

    async def evaluate(self, request: Evaluate, deadline_s: float) -> Evaluated:
        load = self._load
        if load is None:
            raise WorkerLost("there is no worker")
        self.requests.append(request)
        await self.proceed.wait()
        fault = self.faults.popleft() if self.faults else None
        if isinstance(fault, WorkerLost):
            self._load = None
        if fault is not None:
            raise fault
        if request.compare_seconds is not None:
            return Evaluated(id=request.id, signals=[], look_ahead=self.look_ahead)
        for symbol, bars in request.bars.items():
            window = self._windows[symbol]
            window |= {bar.open_time: bar for bar in bars}
            for opened in sorted(window)[: -load.lookback_bars]:
                del window[opened]
        shown: WindowsSeen = {
            symbol: [window[opened] for opened in sorted(window)] for symbol, window in self._windows.items()
        }
        signals = self._strategy(shown, self._state)
        return Evaluated(id=request.id, signals=signals, state=dict(self._state) if self._stateful else None)

    async def discard(self) -> None:
        self._load = None

    async def watch(self) -> None:
        await self.unresponsive.wait()

    async def close(self) -> None:
        self.closed = True
        self._load = None
