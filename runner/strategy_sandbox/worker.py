"""The worker's life after its box is on: load the strategy, then answer evaluations one after the other.

Everything a strategy does wrong is an answer (`Failed`); only a broken protocol ends the process. Deadlines are the
supervisor's, and it is the warden who ends a worker that does not answer.
"""

import socket
import time
from collections.abc import Callable
from typing import Final, cast

import msgspec
import numpy as np
from numpy.typing import NDArray

from strategy_contracts.bar import Bar
from strategy_contracts.errors import ContractViolation
from strategy_contracts.worker_protocol import (
    MAX_FROM_WORKER_BYTES,
    MAX_TO_WORKER_BYTES,
    MEMORY_EXHAUSTED,
    NEWEST_BAR_ONLY,
    Candidate,
    DataRequest,
    Evaluate,
    Evaluated,
    Failed,
    Load,
    Loaded,
    LookAhead,
    encode_frame,
)
from strategy_sandbox.adapters import Adapter, open_adapter
from strategy_sandbox.bundle_modules import open_bundle
from strategy_sandbox.channel import Channel
from strategy_sandbox.errors import StrategyBreaksContract
from strategy_sandbox.evidence import MESSAGE_BYTES, bounded, failed, forget
from strategy_sandbox.look_ahead import AnswersEveryBar, Budget, Comparison
from strategy_sandbox.moment import Moment
from strategy_sandbox.printing import redirect_printing
from strategy_sandbox.replay import replay
from strategy_sandbox.state import INCOMPLETE, StrategyState
from strategy_sandbox.windows import BarWindow

PROTOCOL_BROKEN: Final = 72
"""Exit code: the supervisor sent what is no request, or one that has no place here."""
_BALLAST_BYTES: Final = 4 * 1024 * 1024
"""Given back after a MemoryError, so that there is room to say so. Never touched: it costs address space only."""
_STDERR: Final = 2


_DECODER: Final = msgspec.msgpack.Decoder(DataRequest)


def run_worker(connection: socket.socket) -> int:
    """Serve the data connection until the supervisor closes it; the process's exit code."""
    channel = Channel(connection, _DECODER, limit=MAX_TO_WORKER_BYTES)
    printed = redirect_printing(_STDERR)
    # Siblings are forked from one process: without this all would draw the same numbers.
    np.random.seed()
    strategy: LoadedStrategy | None = None
    try:
        while (request := channel.receive()) is not None:
            match request:
                case Load() if strategy is None:
                    strategy = LoadedStrategy(request)
                    reply = strategy.load()
                case Evaluate() if strategy is not None and strategy.ready:
                    reply = strategy.evaluate(request)
                case _:
                    raise ContractViolation(f"{type(request).__name__} has no place here")
            printed.end_evaluation()
            channel.send(reply)
    except ContractViolation as violation:
        print(f"worker: {violation}", file=printed, flush=True)
        return PROTOCOL_BROKEN
    except MemoryError:
        # Beside the strategy's own calls: it keeps so much that nothing is left for the protocol.
        return MEMORY_EXHAUSTED
    return 0


class LoadedStrategy:
    """One strategy from its Load on: its modules, adapter, windows and state. Answers are whole frames."""

    def __init__(self, request: Load) -> None:
        self._request = request
        self._windows = {symbol: BarWindow(request.lookback_bars) for symbol in request.symbols}
        self._source_windows = {source.source_node: BarWindow(source.lookback) for source in request.sources}
        self._adapter: Adapter | None = None
        self._state: StrategyState | None = None
        self._to_rebuild = request.state if request.state is not None and INCOMPLETE in request.state else None
        """A state that is not whole: the strategy goes through its windows again before it is brought back."""
        self._took_s = 0.0
        """The last evaluation."""
        self._ballast = _ballast()

    @property
    def ready(self) -> bool:
        return self._adapter is not None

    def load(self) -> bytearray:
        """Execute the bundle's modules, build the adapter, bring back the state."""
        return self._guard(self._request.id, self._load)

    def evaluate(self, request: Evaluate) -> bytearray:
        """Add the bars and ask the strategy."""
        unknown = (request.bars.keys() - self._windows.keys()) | (
            request.source_bars.keys() - self._source_windows.keys()
        )
        if unknown:
            raise ContractViolation(f"bars of symbols or sources that were not loaded: {sorted(unknown)}")
        return self._guard(request.id, lambda: self._evaluate(request))

    def _load(self) -> Loaded:
        request = self._request
        bundle = open_bundle(request.files, request.entry_point.file)
        self._adapter = open_adapter(request, bundle)
        self._state = StrategyState(self._adapter.carriers, bundle.loaded)
        if request.state is not None and self._to_rebuild is None:
            self._state.restore(request.state)
        return Loaded(id=request.id, stateful=self._state.stateful(bundle.codes))

    def _evaluate(self, request: Evaluate) -> Evaluated:
        assert self._adapter is not None and self._state is not None
        if self._to_rebuild is not None:
            replay(self._adapter, self._request, request)
            self._state.restore(self._to_rebuild)
            self._to_rebuild = None
        for symbol, bars in request.bars.items():
            self._windows[symbol].add(bars)
        for node, bars in request.source_bars.items():
            self._source_windows[node].add(bars)
        moment = Moment(
            time_ms=request.evaluation_time_ms,
            windows=self._windows,
            news=request.bars,
            source_windows=self._source_windows,
            source_news=request.source_bars,
            account=request.account,
            decided_at_ms=request.decided_at_ms,
        )
        is_check = moment.decided_at_ms is not None or request.compare_seconds is not None
        if is_check and not self._request.entry_point.shape.answers_every_bar:
            raise StrategyBreaksContract(f"a strategy of this kind {NEWEST_BAR_ONLY}")
        if request.compare_seconds is not None:
            return Evaluated(id=request.id, signals=[], look_ahead=self._compare(moment, request.compare_seconds))
        began = time.monotonic()
        signals: list[Candidate] = self._adapter.evaluate(moment)
        self._took_s = time.monotonic() - began
        state = self._state.capture()
        return Evaluated(id=request.id, signals=signals, state=state.values, not_restorable=state.not_restorable)

    def _compare(self, moment: Moment, seconds: float) -> LookAhead:
        """Nothing of the strategy's own is answered: its state has not changed, or that is said."""
        assert self._state is not None
        before = self._state.capture()
        if before.not_restorable:
            return LookAhead(not_compared=f"it keeps what cannot be compared: {', '.join(before.not_restorable)[:300]}")
        comparison = Comparison(
            # Of a shape that answers every bar.
            cast(AnswersEveryBar, self._adapter),
            self._request.files,
            Budget(seconds, longest_s=self._took_s),
            remembers=lambda: self._state is not None and self._state.capture() != before,
        )
        return comparison.run(moment)

    def _guard(self, request_id: int, answer: Callable[[], Loaded | Evaluated]) -> bytearray:
        """The frame with the answer, or with what kept the strategy from giving one."""
        try:
            return self._frame(answer())
        except StrategyBreaksContract as broken:
            return self._frame(self._broken(request_id, broken))
        except BaseException as error:  # noqa: BLE001 - whatever user code raises, SystemExit too, is its answer
            self._ballast = None
            report = self._frame(failed(request_id, error, self._request.files))
            forget(error)
            self._ballast = _ballast()
            return report

    @staticmethod
    def _frame(reply: Loaded | Evaluated | Failed) -> bytearray:
        try:
            return encode_frame(reply, MAX_FROM_WORKER_BYTES)
        except ContractViolation as too_long:
            raise StrategyBreaksContract(f"the answer is too long: {too_long}") from None

    def _broken(self, request_id: int, broken: StrategyBreaksContract) -> Failed:
        return Failed(
            id=request_id,
            error_type=type(broken).__name__,
            message=bounded(str(broken), MESSAGE_BYTES),
            file=self._request.entry_point.file,
            line=self._adapter.line if self._adapter is not None else None,
        )


def _ballast() -> NDArray[np.uint8] | None:
    """Memory to give back in need; none when there is not even that."""
    try:
        return np.empty(_BALLAST_BYTES, dtype=np.uint8)
    except MemoryError:
        return None


def warm_up() -> None:
    """Use what every evaluation uses once, in the warden: what pandas builds at first use is then shared by forks."""
    window = BarWindow(10)
    window.add([Bar(minute * 60_000, 1.0, 1.0, 1.0, 1.0, 1.0) for minute in range(10)])
    close = window.frame()["close"]
    close.rolling(5).mean().iloc[-1]
    close.mean()
