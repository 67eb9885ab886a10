"""The life of a run: open the log, follow the market, and open again when the log was lost.

One loop waits for whatever comes first of the next bar, the end of the job in hand, a timer, and the stop. At
most one job runs at a time, so at most one evaluation is uncommitted.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import aclosing
from typing import Any, Final, TypeVar

import structlog

from strategy_contracts.checkpoint import Checkpoint
from strategy_runner.errors import LogUnavailable
from strategy_runner.evaluation import resume
from strategy_runner.feed_reader import FeedItem, read_feed
from strategy_runner.run_parts import RunParts
from strategy_runner.run_state import Market
from strategy_runner.schedule import Pacing
from strategy_runner.stretch import Stretch

log = structlog.get_logger(__name__)

LONGEST_LOG_DELAY_S: Final = 10.0
COMMIT_ALLOWANCE_S: Final = 15.0
"""What a stop grants to a commit that is under way, beyond the evaluation's own deadline."""
LOOK_AGAIN_S: Final = 0.05

T = TypeVar("T")


class RunLoop:
    """One run, from the first `sink.open` to the stop."""

    def __init__(self, parts: RunParts, stop: asyncio.Event) -> None:
        self._parts = parts
        self._stop = stop
        self._uncommitted_ms: int | None = None
        """The evaluation time at which the log was lost, and how often in a row."""
        self._losses = 0

    async def run(self) -> None:
        """Until the stop, or the end of the series. Raises Superseded, and TooManyFaults in a replay of a file."""
        while not self._stop.is_set():
            checkpoint = await self._unless_stopped(self._open_sink())
            if checkpoint is None:
                break
            stretch = Stretch(self._parts, checkpoint, self._not_before_ms())
            try:
                await self._follow(stretch)
                break
            except LogUnavailable as error:
                self._parts.journal.log_lost(error)
                self._losses = self._losses + 1 if stretch.evaluating_ms == self._uncommitted_ms else 1
                self._uncommitted_ms = stretch.evaluating_ms
        self._parts.journal.state.stop()

    async def _open_sink(self) -> Checkpoint:
        """The checkpoint to go on from, however long the log stays away."""
        delay_s = self._parts.log_delay_s
        if self._losses:
            await asyncio.sleep(delay_s)
        while True:
            try:
                restored = await self._parts.sink.open()
            except LogUnavailable as error:
                self._parts.journal.log_lost(error)
                await asyncio.sleep(delay_s)
                delay_s = min(LONGEST_LOG_DELAY_S, delay_s * 2)
            else:
                checkpoint = resume(restored, self._parts.config)
                self._parts.journal.log_opened(checkpoint, restored=restored is not None)
                return checkpoint

    def _not_before_ms(self) -> int | None:
        """Closes and ticks up to this time are not caught up.

        A tick whose commit failed is retried once; then it is missed. A close is never missed for that.
        """
        after_ms = self._parts.config.evaluate_after_ms
        if self._parts.config.schedule.on_bar_close or self._losses < 2 or self._uncommitted_ms is None:
            return after_ms
        return max(self._uncommitted_ms, after_ms or 0)

    async def _follow(self, stretch: Stretch) -> None:
        """Until the stop or the end of the series; raises LogUnavailable and whatever ends the process."""
        self._parts.journal.state.market_is(Market.HISTORY)
        await self._parts.session.reset(stretch.checkpoint.strategy_state)
        async with aclosing(read_feed(self._parts.feed, stretch.start_ms)) as items:
            tasks = _Tasks(items, self._stop)
            try:
                while not self._stop.is_set() and await self._step(stretch, tasks):
                    pass
                await self._finish(stretch, tasks)
            finally:
                await tasks.cancel()

    async def _step(self, stretch: Stretch, tasks: "_Tasks") -> bool:
        """Start what can be started, wait for something to happen, act on it; False when all is done."""
        until: float | None = None
        if tasks.job is None:
            job, until = stretch.next_job()
            if job is not None:
                tasks.job = asyncio.ensure_future(job)
            elif tasks.feed_has_ended and until is None:
                return False
        # A file is read no faster than it is evaluated.
        if tasks.job is None or self._parts.pacing is not Pacing.FILE:
            tasks.ask_for_item()
        await tasks.wait(None if until is None else until - self._parts.monotonic())
        tasks.check_job()
        if tasks.has_item:
            tasks.feed_has_ended = stretch.take(tasks.pop_item())
        return True

    async def _finish(self, stretch: Stretch, tasks: "_Tasks") -> None:
        """Let an evaluation come to its end within its deadline, so that a decided signal is still published.

        Not without its worker, which a stopping pod takes away at the same time: the next pod will evaluate.
        """
        if tasks.job is None or stretch.evaluating_ms is None:
            return
        log.info("finishing_evaluation", evaluation_time_ms=stretch.evaluating_ms)
        allowance_s = self._parts.config.limits.execution_timeout_seconds + COMMIT_ALLOWANCE_S
        until = self._parts.monotonic() + allowance_s
        while stretch.evaluating_ms is not None and not tasks.job.done() and self._parts.monotonic() < until:
            if stretch.is_asking and not self._parts.session.loaded:
                return
            await asyncio.wait([tasks.job], timeout=LOOK_AGAIN_S)
        tasks.check_job()

    async def _unless_stopped(self, work: Coroutine[Any, Any, T]) -> T | None:
        """The result of `work`; None when the stop came first."""
        task, stop = asyncio.ensure_future(work), asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            await _cancel(task, stop)


class _Tasks:
    """What the loop waits for."""

    def __init__(self, items: AsyncIterator[FeedItem], stop: asyncio.Event) -> None:
        self._items = items
        self._stop = asyncio.ensure_future(stop.wait())
        self._item: asyncio.Future[FeedItem | None] | None = None
        self.job: asyncio.Future[None] | None = None
        self.feed_has_ended = False

    def ask_for_item(self) -> None:
        """Have the next item of the feed on its way."""
        if self._item is None and not self.feed_has_ended:
            self._item = asyncio.ensure_future(_next(self._items))

    @property
    def has_item(self) -> bool:
        return self._item is not None and self._item.done()

    def pop_item(self) -> FeedItem | None:
        assert self._item is not None
        item, self._item = self._item, None
        return item.result()

    def check_job(self) -> None:
        """Forget the job when it is done; raises what it raised."""
        if self.job is not None and self.job.done():
            job, self.job = self.job, None
            job.result()

    async def wait(self, timeout_s: float | None) -> None:
        """Until anything happens, or the timeout."""
        futures = {future for future in (self._stop, self._item, self.job) if future is not None}
        timeout_s = None if timeout_s is None else max(0.0, timeout_s)
        await asyncio.wait(futures, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)

    async def cancel(self) -> None:
        await _cancel(self._stop, self._item, self.job)


async def _next(items: AsyncIterator[FeedItem]) -> FeedItem | None:
    return await anext(items, None)


async def _cancel(*futures: "asyncio.Future[Any] | None") -> None:
    pending = [future for future in futures if future is not None and not future.done()]
    for future in pending:
        future.cancel()
    if pending:
        await asyncio.wait(pending)
