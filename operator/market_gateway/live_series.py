"""One series made whole: what streams and history deliver in any order becomes one ordered sequence of bars.

While closed bars are missing the live updates wait; when the missing ones have been fetched, everything is
announced in order. It knows neither runners nor Redis: `announce` takes each bar that is to be published.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import structlog

from market_gateway import metrics
from market_gateway.bar_order import Verdict, judge, revised
from market_gateway.bar_store import BarStore
from market_gateway.errors import ProviderUnavailable, SeriesRefused
from market_gateway.history import HistoryReader
from market_gateway.provider import History, Receipt, Series, StreamUpdate
from strategy_contracts.bar import Bar, check_bar
from strategy_contracts.errors import ContractViolation
from strategy_contracts.timeframe import close_time, open_time

log = structlog.get_logger(__name__)

Announce = Callable[[Bar, int, Receipt | None], None]
"""Bar, exchange time of the update, receipt (None for a bar that came from history)."""


@dataclass(frozen=True)
class RepairTimes:
    """Seconds."""

    silence: float = 10.0
    """No update for so long: ask the history instead."""
    lateness: float = 5.0
    """A close is overdue so long after its time on the exchange's clock."""
    lag: float = 1.0
    """The history may be behind the stream: wait between two looks for a bar that must be there."""
    hold: float = 30.0
    """Live updates wait so long for missing bars; then they go on, and runners see the hole."""


FAR_FUTURE_MS = 10**15
HISTORY_LOOKS = 3
"""So often the history is asked for the bar right before a live one before it counts as not existing."""


class LiveSeries:
    """State of one series between its first and last runner."""

    def __init__(
        self,
        series: Series,
        history: HistoryReader,
        store: BarStore,
        announce: Announce,
        *,
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
        monotonic: Callable[[], float],
        times: RepairTimes,
    ) -> None:
        self.series = series
        self._history, self._store, self._announce = history, store, announce
        self._spawn, self._monotonic, self._times = spawn, monotonic, times
        self._waiting: deque[StreamUpdate] = deque()
        self._repairing: asyncio.Task[None] | None = None
        self._check_after = self._overdue_after = monotonic() + times.silence
        self._names = {"provider": series.provider, "symbol": series.symbol, "timeframe": str(series.timeframe)}
        self.expected_open: int | None = None
        """Open time of the first bar not known to be closed; None before the start."""
        self._last_cause: str | None = None
        self._first_open = 0
        self._complete_to = 0

    @property
    def next_open(self) -> int:
        """Open time of the bar that is in progress; the series must have been started."""
        assert self.expected_open is not None
        return self.expected_open

    @property
    def complete_to_ms(self) -> int:
        """Exchange time up to which every closed bar is in the store."""
        return self._complete_to

    def start(self, server_time_ms: int) -> None:
        """Begin with the bar that is open now; what closed before it is history."""
        self.expected_open = self._first_open = open_time(self.series.timeframe, server_time_ms)
        self._known_to(server_time_ms)
        self._drain()

    def on_started(self, exchange_now_ms: int) -> None:
        """The stream begins anew: fetch at once what closed meanwhile. What the clock does not show, the first
        update will."""
        if self._is_whole() and exchange_now_ms >= self._next_close():
            self._spawn_repair("reconnected", self._look_once())

    def on_update(self, update: StreamUpdate) -> None:
        """A live update: announced at once where nothing is missing before it."""
        self._check_after = self._monotonic() + self._times.silence
        self._last_cause = None
        try:
            check_bar(update.bar)
        except ContractViolation as error:
            metrics.UPDATES.labels(self.series.provider, "impossible").inc()
            log.warning("bar_impossible", **self._names, reason=str(error))
            return
        if not self._is_whole():
            self._keep(update)
        elif not self._apply(update):
            self._keep(update)
            self._spawn_repair("missing", self._repair_until_whole())

    def check(self, exchange_now_ms: int) -> None:
        """Ask the history where the stream is silent or a close is overdue."""
        if not self._is_whole():
            return
        if self._monotonic() > self._check_after:
            self._spawn_repair("silent", self._look_once())
        elif (
            exchange_now_ms > self._next_close() + self._times.lateness * 1000
            and self._monotonic() > self._overdue_after
        ):
            self._spawn_repair("overdue", self._look_once())

    async def close(self) -> None:
        """Stop repairing."""
        if self._repairing is not None:
            self._repairing.cancel()
            await asyncio.gather(self._repairing, return_exceptions=True)

    def _is_whole(self) -> bool:
        return self.expected_open is not None and self._repairing is None

    def _next_close(self) -> int:
        return close_time(self.series.timeframe, self.next_open)

    # Applying updates.

    def _apply(self, update: StreamUpdate) -> bool:
        """Announce or drop it; False when closed bars before it are missing."""
        bar = update.bar
        known = self._store.get(self.series, bar.open_time) if bar.open_time < self.next_open else None
        verdict = judge(bar, self.next_open, known)
        if verdict is Verdict.REVISED and known is None and bar.open_time < self._first_open:
            verdict = Verdict.STALE  # closed before this series began, and nobody has asked for it since
        metrics.UPDATES.labels(self.series.provider, verdict.value).inc()
        match verdict:
            case Verdict.MISSING_BEFORE:
                return False
            case Verdict.CLOSED:
                self._close_bar(bar, update.event_time_ms, update.receipt)
            case Verdict.PROVISIONAL:
                self._known_to(min(update.event_time_ms, self._next_close() - 1))
                self._announce(bar, update.event_time_ms, update.receipt)
            case Verdict.REVISED:
                bar = revised(bar, known)
                self._store.revise(self.series, bar)
                self._announce(bar, update.event_time_ms, update.receipt)
                log.info("bar_revised", **self._names, open_time=bar.open_time, revision=bar.revision)
            case Verdict.DUPLICATE | Verdict.STALE:
                pass
        return True

    def _close_bar(self, bar: Bar, event_time_ms: int, receipt: Receipt | None) -> None:
        self._store.append(self.series, bar)
        self.expected_open = close_time(self.series.timeframe, bar.open_time)
        self._known_to(self.expected_open)
        self._announce(bar, event_time_ms, receipt)

    def _known_to(self, exchange_ms: int) -> None:
        self._complete_to = max(self._complete_to, exchange_ms)

    # Waiting and repairing.

    def _keep(self, update: StreamUpdate) -> None:
        last = self._waiting[-1].bar if self._waiting else None
        if last is not None and not last.closed and last.open_time == update.bar.open_time:
            self._waiting[-1] = update
        else:
            self._waiting.append(update)

    def _drain(self) -> None:
        while self._waiting:
            if not self._apply(self._waiting[0]):
                self._spawn_repair("missing", self._repair_until_whole())
                return
            self._waiting.popleft()

    def _spawn_repair(self, cause: str, repair: Coroutine[Any, Any, None]) -> None:
        metrics.REPAIRS.labels(self.series.provider, cause).inc()
        if cause != self._last_cause:
            log.info("series_repair", **self._names, cause=cause, expected_open=self.expected_open)
        self._last_cause = cause
        self._repairing = self._spawn(repair)

    def _repaired(self) -> None:
        now = self._monotonic()
        self._check_after = self._overdue_after = now + self._times.silence
        self._repairing = None
        self._drain()

    async def _look_once(self) -> None:
        """Announce what has closed by now; what is not there yet, the stream or the next check brings."""
        try:
            history = await self._fetch(FAR_FUTURE_MS)
            self._known_to(min(history.complete_to_ms, self._next_close() - 1))
        except (ProviderUnavailable, SeriesRefused) as error:
            log.warning("series_repair_failed", **self._names, reason=error.message)
        self._repaired()

    async def _repair_until_whole(self) -> None:
        """Announce what is missing before the first waiting update; the history may be slower than the stream."""
        started, looks = self._monotonic(), 0
        while True:
            goal = self._waiting[0].bar.open_time
            try:
                history = await self._fetch(goal)
                looks += 1
                if self.next_open >= goal:
                    break
                if looks >= HISTORY_LOOKS and history.complete_to_ms >= goal:
                    self._skip_to(goal, exists=False)
                    break
            except (ProviderUnavailable, SeriesRefused) as error:
                log.warning("series_repair_failed", **self._names, reason=error.message)
            if self._monotonic() - started > self._times.hold:
                self._skip_to(goal, exists=True)
                break
            await asyncio.sleep(self._times.lag)
        self._repaired()

    async def _fetch(self, to_ms: int) -> History:
        """Announce the closed bars that the history has from the expected one on."""
        history = await self._history.tail(self.series, self.next_open, to_ms)
        for bar in history.bars:
            if bar.open_time >= self.next_open:
                self._close_bar(bar, close_time(self.series.timeframe, bar.open_time), None)
        return history

    def _skip_to(self, goal: int, *, exists: bool) -> None:
        """Go on with a hole. If the bars may `exist`, the store keeps asking for them when somebody reads there."""
        log.warning("series_hole", **self._names, from_ms=self.next_open, to_ms=goal, may_exist=exists)
        metrics.HOLES.labels(self.series.provider).inc()
        if not exists:
            self._store.accept_hole(self.series, self.next_open, goal)
        self.expected_open = goal
        self._known_to(goal)
