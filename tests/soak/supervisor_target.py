"""A hostile worker writes to a real supervisor: always a verdict, in time, and the next honest session works.

Everything from the socket to the checkpoint is the supervisor's own; only the strategy container is scripted.
"""

import asyncio
import contextlib
from pathlib import Path
from random import Random
from typing import Self

import msgspec

from builders import MINUTE, T0, a_bar, a_bundle, a_runner_config
from scripted_warden import ScriptedWarden, answer_well, at_evaluation
from soak import frames
from soak.campaign import Case, Defect
from strategy_contracts.checkpoint import Checkpoint
from strategy_contracts.errors import ContractViolation
from strategy_contracts.runner_config import Limits
from strategy_contracts.signal import utc
from strategy_contracts.timeframe import Timeframe
from strategy_contracts.worker_protocol import DataRequest, Evaluated
from strategy_runner.errors import StrategyFailed
from strategy_runner.evaluation import Evaluation, first_checkpoint
from strategy_runner.journal import Journal
from strategy_runner.sandbox_link import SandboxLink
from strategy_runner.signal_factory import SignalFactory
from strategy_runner.strategy_session import StrategySession
from strategy_runner.windows import Windows

_DEADLINE_S = 0.02
_PATIENCE_S = 5.0
_NOW_MS = T0 + 5 * MINUTE
_FRAMES_OF_A_BUSY_TASK = 40
"""The checkpoint is written from deeper in the program than the answer is read."""


class SupervisorTarget:
    """`StrategySession` over `SandboxLink`, and what an answer that passes is made into."""

    name = "supervisor"
    generated = frames.generated(("loaded", "evaluated", "failed"))

    def __init__(self, folder: Path) -> None:
        self._runner = asyncio.Runner()
        self._folder = folder
        self._config = a_runner_config(lookback_bars=3, limits=Limits(execution_timeout_seconds=_DEADLINE_S))
        self._windows = Windows(("BTCUSDT",), Timeframe.M1, 3, 100)
        for index in range(5):
            self._windows.add("BTCUSDT", a_bar(index))

    def __enter__(self) -> Self:
        self._runner.run(self._open())
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self._close())
        self._runner.close()

    async def _open(self) -> None:
        self._warden = await ScriptedWarden(self._folder).__aenter__()
        self._link = SandboxLink(self._folder, memory_bytes=1 << 28, imports=(), on_output=lambda _: None)
        self._session = StrategySession(self._link, a_bundle(), self._config, Journal(self._config))

    async def _close(self) -> None:
        await self._link.close()
        await self._warden.__aexit__()

    def case(self, random: Random) -> Case:
        return frames.mutated(frames.ANSWERS, random)

    def check(self, case: Case) -> str:
        assert isinstance(case, bytes)
        try:
            return self._runner.run(asyncio.wait_for(self._check(case), _PATIENCE_S))
        except TimeoutError:
            raise Defect(f"no verdict after {_PATIENCE_S:g} s") from None

    async def _check(self, case: bytes) -> str:
        async def hostile(warden: ScriptedWarden, request: DataRequest) -> None:
            with contextlib.suppress(ConnectionError):
                await warden.send_data(frames.to_send(case, request.id))

        try:
            outcome = await self._ask(at_evaluation(hostile))
        except Defect:
            raise
        except Exception as error:  # noqa: BLE001 - nothing else may leave the session
            await self._session.reset(None)
            raise Defect(f"the session raised {type(error).__name__}: {str(error)[:200]}") from None
        await self._session.reset(None)
        honest = await self._ask(answer_well)
        if honest != "answered":
            raise Defect(f"the next honest evaluation: {honest}")
        return outcome

    async def _ask(self, answer: object) -> str:
        self._warden.answer = answer  # type: ignore[assignment]
        self._warden.requests.clear()
        self._warden.spawns[:-1] = []
        try:
            if not self._session.loaded:
                await self._session.load()
            answered = await self._session.evaluate(_NOW_MS, self._windows)
        except StrategyFailed as failure:
            failure.message.encode()
            return failure.fault.value
        return self._conclude(answered, _FRAMES_OF_A_BUSY_TASK)

    def _conclude(self, answered: Evaluated, frames_left: int) -> str:
        """From the answer to what is committed."""
        if frames_left:
            return self._conclude(answered, frames_left - 1)
        evaluation = Evaluation(self._config, first_checkpoint(self._config), self._windows, _NOW_MS)
        try:
            outcome = evaluation.conclude(
                answered.signals,
                SignalFactory(self._config, {}),
                self._session.state,
                generated_at=utc(_NOW_MS),
                market_ms=None,
            )
        except ContractViolation as violation:
            str(violation).encode()
            return "ContractViolation"
        written = msgspec.msgpack.encode(outcome.checkpoint)
        for signal in outcome.signals:
            msgspec.json.encode(signal)
        msgspec.msgpack.decode(written, type=Checkpoint)
        return "answered"
