"""The strategy as the run loop sees it: asked with windows and an evaluation time, answering with decisions.

Keeps a worker loaded, sends only what it has not seen, and gives a fresh worker the last committed state and full
windows. An end from outside is repeated once on a fresh worker, so that it costs no signal.
"""

from itertools import chain
from typing import Any, Final

import msgspec
import structlog

from strategy_contracts.bundle import Bundle
from strategy_contracts.checkpoint import MAX_STRATEGY_STATE_BYTES, MAX_STRATEGY_STATE_DEPTH
from strategy_contracts.runner_config import RunnerConfig
from strategy_contracts.status_report import Fault
from strategy_contracts.worker_protocol import Evaluate, Evaluated, Load, LookAhead
from strategy_runner.errors import StrategyFailed, WorkerLost
from strategy_runner.evidence import in_loading, lost_again
from strategy_runner.journal import Journal
from strategy_runner.sandbox import Sandbox
from strategy_runner.source_books import SourceBooks
from strategy_runner.windows import Mark, Windows

log = structlog.get_logger(__name__)

LOOK_AHEAD_SECONDS: Final = 1.0
LOOK_AHEAD_DEADLINE_SECONDS: Final = 2 * LOOK_AHEAD_SECONDS
"""The worker keeps the first by itself; one that does not answer is replaced at the second."""
_STATE_ENCODER: Final = msgspec.msgpack.Encoder()


class StrategySession:
    """One strategy in one sandbox."""

    def __init__(
        self,
        sandbox: Sandbox,
        bundle: Bundle,
        config: RunnerConfig,
        journal: Journal,
        sources: SourceBooks | None = None,
    ) -> None:
        self._sandbox = sandbox
        self._sources = SourceBooks() if sources is None else sources
        self._seen: dict[str, int] = {}
        """By source node, the newest open time that the worker was given."""
        self._bundle = bundle
        self._config = config
        self._journal = journal
        self._requests = 0
        self._state: dict[str, Any] | None = None
        self._stateful = False
        self._mark: Mark | None = None
        self._to_compare = bundle.entry_point.shape.answers_every_bar

    @property
    def loaded(self) -> bool:
        """Whether a worker is ready to be asked."""
        return self._sandbox.has_worker

    async def reset(self, state: dict[str, Any] | None) -> None:
        """Forget everything since the checkpoint that `state` is from."""
        self._state = state
        await self._sandbox.discard()

    async def load(self) -> None:
        """Make a worker ready. Raises StrategyFailed with LOAD_FAILED or ISOLATION_MISSING."""
        try:
            await self._load()
        except WorkerLost:
            try:
                await self._load()
            except WorkerLost:
                raise in_loading(lost_again("loading")) from None

    async def evaluate(
        self, time_ms: int, windows: Windows, *, provisional: bool = False, account: dict[str, Any] | None = None
    ) -> Evaluated:
        """What the strategy decides at `time_ms`. Raises StrategyFailed."""
        try:
            try:
                answer = await self._ask(time_ms, windows, provisional, account)
            except WorkerLost as loss:
                log.warning("worker_lost", message=str(loss))
                await self.load()
                answer = await self._ask(time_ms, windows, provisional, account)
            self._accept_state(answer)
        except WorkerLost:
            raise lost_again("the evaluation") from None
        except StrategyFailed:
            # What a failed call has done to the strategy's state is not in the checkpoint, so it must not live on.
            if self._stateful:
                await self._sandbox.discard()
            raise
        return answer

    @property
    def owes_comparison(self) -> bool:
        """Whether decisions about earlier bars are still to be compared: once, after the first that was made."""
        return self._to_compare and self._mark is not None and self.loaded

    async def compare_earlier_bars(self, time_ms: int) -> None:
        """Look for decisions that later bars would change. What goes wrong here costs a worker, never a fault."""
        self._to_compare = False
        self._requests += 1
        request = Evaluate(id=self._requests, evaluation_time_ms=time_ms, bars={}, compare_seconds=LOOK_AHEAD_SECONDS)
        try:
            answer = await self._sandbox.evaluate(request, LOOK_AHEAD_DEADLINE_SECONDS)
            result = answer.look_ahead or LookAhead(not_compared="no result was given")
        except (StrategyFailed, WorkerLost) as error:
            result = LookAhead(not_compared=str(error)[:400], state_changed=True)
        if result.state_changed:
            await self._sandbox.discard()
        self._journal.compared(result, self._bundle)

    async def _load(self) -> None:
        self._requests += 1
        self._mark = None
        self._seen = {}
        self._journal.loading()
        bundle, config = self._bundle, self._config
        started = await self._sandbox.start(
            Load(
                id=self._requests,
                files=bundle.files,
                entry_point=bundle.entry_point,
                parameters=bundle.parameters,
                symbols=config.symbols,
                timeframe=config.timeframe,
                lookback_bars=config.lookback_bars,
                sources=self._sources.sources,
                state=self._state,
                rebuild_seconds=config.limits.execution_timeout_seconds / 2,
            ),
            config.limits.load_timeout_seconds,
            config.require_isolation,
        )
        self._stateful = started.stateful
        self._journal.loaded(started.layers)

    async def _ask(
        self, time_ms: int, windows: Windows, provisional: bool, account: dict[str, Any] | None
    ) -> Evaluated:
        self._requests += 1
        mark, self._mark = self._mark, windows.mark(time_ms)
        if mark is None:
            bars = windows.full(time_ms, provisional=provisional)
        else:
            bars = windows.news(time_ms, mark, provisional=provisional)
        source_bars = self._sources.news(time_ms, self._seen)
        self._seen |= {node: fresh[-1].open_time for node, fresh in source_bars.items()}
        request = Evaluate(
            id=self._requests, evaluation_time_ms=time_ms, bars=bars, source_bars=source_bars, account=account
        )
        return await self._sandbox.evaluate(request, self._config.limits.execution_timeout_seconds)

    def _accept_state(self, answer: Evaluated) -> None:
        if answer.state is not None:
            if _is_nested_deeper(answer.state, MAX_STRATEGY_STATE_DEPTH):
                raise StrategyFailed(
                    Fault.CONTRACT_VIOLATION,
                    f"the strategy's state is nested deeper than {MAX_STRATEGY_STATE_DEPTH} levels",
                )
            size = len(_STATE_ENCODER.encode(answer.state))
            if size > MAX_STRATEGY_STATE_BYTES:
                raise StrategyFailed(
                    Fault.CONTRACT_VIOLATION,
                    f"the strategy's state takes {size} bytes; the limit is {MAX_STRATEGY_STATE_BYTES}",
                )
            self._stateful = True
        self._state = answer.state

    @property
    def state(self) -> dict[str, Any] | None:
        """What goes into the next checkpoint."""
        return self._state


def _is_nested_deeper(value: object, levels: int) -> bool:
    """Without recursion. What can just be read here could not be written into the checkpoint, or read from it."""
    level: list[Any] = [value]
    for _ in range(levels):
        level = [
            child
            for container in level
            for child in (chain(container, container.values()) if isinstance(container, dict) else container)
            if isinstance(child, dict | list | tuple)
        ]
        if not level:
            return False
    return True
