"""The real sandbox: a warden in the strategy container, reached by two unix sockets.

Owns connections, deadlines and kills; says by evidence how a worker ended. What the strategy is called with,
how often it may fail and what follows is not known here.
"""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import msgspec
import structlog

from strategy_contracts.errors import ContractViolation
from strategy_contracts.runner_config import CONTROL_SOCKET, DATA_SOCKET
from strategy_contracts.status_report import Fault
from strategy_contracts.worker_protocol import (
    LAYERS,
    MAX_FROM_WORKER_BYTES,
    MAX_TO_WORKER_BYTES,
    DataReply,
    DataRequest,
    Evaluate,
    Evaluated,
    Failed,
    Load,
    Loaded,
    Output,
    Spawn,
    decode_body,
    encode_frame,
)
from strategy_runner.errors import RunnerError, StrategyFailed, WardenUnresponsive, WorkerLost
from strategy_runner.evidence import Killed, in_loading, not_boxed, raised, verdict
from strategy_runner.frames import ConnectionEnded, FrameConnection
from strategy_runner.output_budget import OutputBudget
from strategy_runner.sandbox import Started
from strategy_runner.warden_control import SpawnRefused, WardenControl, WardenGone

log = structlog.get_logger(__name__)

GRACE_S: Final = 0.05
"""Added to deadlines, so that an answer in the last moment is not lost to transport."""
PING_INTERVAL_S: Final = 5.0
SILENCE_S: Final = 30.0
CONNECT_FIRST_DELAY_S: Final = 0.05
CONNECT_LAST_DELAY_S: Final = 1.0

_DECODER: Final = msgspec.msgpack.Decoder(DataReply)

R = TypeVar("R", Loaded, Evaluated)


@dataclass(slots=True)
class _Worker:
    spawn_id: int
    pid: int
    """In the strategy container."""
    control: WardenControl
    data: FrameConnection
    layers: tuple[str, ...]
    alive: bool = True


class SandboxLink:
    """See `sandbox.Sandbox`. `on_output` gets what the strategy printed, within its budget."""

    def __init__(
        self,
        socket_dir: Path,
        *,
        memory_bytes: int,
        imports: tuple[str, ...],
        on_output: Callable[[Output], None],
        ping_interval_s: float = PING_INTERVAL_S,
        silence_s: float = SILENCE_S,
    ) -> None:
        self._socket_dir = socket_dir
        self._memory_bytes = memory_bytes
        self._imports = imports
        self._output = OutputBudget(on_output)
        self._ping_interval_s = ping_interval_s
        self._silence_s = silence_s
        self._control: WardenControl | None = None
        self._worker: _Worker | None = None
        self._spawns = 0

    @property
    def connected(self) -> bool:
        """Whether the strategy container is there."""
        return self._control is not None and self._control.alive

    @property
    def has_worker(self) -> bool:
        return self._worker is not None and self._worker.alive and self._worker.control.alive

    async def start(self, load: Load, deadline_s: float, require: Collection[str] = ()) -> Started:
        await self.discard()
        self._output.renew()
        # The worker finds its request when its box is on, without a round trip; unless the box must be seen first.
        first = None if require else _load_frame(load)
        worker = await self._spawn(first)
        self._worker = worker
        if absent := sorted(set(require) - set(worker.layers)):
            await self.discard()
            raise not_boxed(f"required isolation is not available: {', '.join(absent)}")
        try:
            loaded = await self._ask(worker, load, Loaded, deadline_s, "loading", is_sent=first is not None)
        except StrategyFailed as failure:
            await self.discard()
            raise in_loading(failure) from failure
        return Started(worker.layers, loaded.stateful)

    async def evaluate(self, request: Evaluate, deadline_s: float) -> Evaluated:
        worker = self._worker
        if worker is None or not worker.alive:
            raise WorkerLost("there is no worker")
        return await self._ask(worker, request, Evaluated, deadline_s, "the evaluation")

    async def discard(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None and worker.alive:
            await self._end(worker, None, "", "")

    async def watch(self) -> None:
        while True:
            await asyncio.sleep(self._ping_interval_s)
            control = self._control
            if control is None or not control.alive:
                continue  # the kubelet is about to start the container again
            # Counted in pings and not by a clock: after a freeze of our own there was nobody to hear the answers.
            if control.unanswered_pings * self._ping_interval_s >= self._silence_s:
                raise WardenUnresponsive(f"the strategy container has not answered for {self._silence_s:g} s")
            control.ping()

    async def close(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.data.close()
        if self._control is not None:
            await self._control.close()

    async def _spawn(self, first: bytearray | None) -> _Worker:
        """A fresh worker, from whatever warden there is or comes to be; `first` is the frame that waits for it."""
        delay_s = CONNECT_FIRST_DELAY_S
        while True:
            try:
                control = await self._connected()
                data = await FrameConnection.connect(self._socket_dir / DATA_SOCKET, MAX_FROM_WORKER_BYTES)
                return await self._spawn_from(control, data, first)
            except (OSError, WardenGone) as error:
                if delay_s == CONNECT_FIRST_DELAY_S:
                    log.info("waiting_for_strategy_container", cause=str(error) or type(error).__name__)
                await asyncio.sleep(delay_s)
                delay_s = min(CONNECT_LAST_DELAY_S, delay_s * 2)

    async def _spawn_from(self, control: WardenControl, data: FrameConnection, first: bytearray | None) -> _Worker:
        self._spawns += 1
        request = Spawn(id=self._spawns, imports=self._imports, memory_bytes=self._memory_bytes)
        if first is not None:
            data.write(first)
        try:
            spawned = await control.spawn(request)
        except SpawnRefused:
            data.close()
            raise not_boxed(
                "a layer of its box could not be installed; the strategy container's log says which"
            ) from None
        except BaseException:
            data.close()
            raise
        # Shown in the status and required by specifications: no other words than ours.
        layers = tuple(layer for layer in LAYERS if layer in spawned.layers)
        return _Worker(request.id, spawned.pid, control, data, layers)

    async def _connected(self) -> WardenControl:
        if self._control is not None:
            if self._control.alive:
                return self._control
            await self._control.close()
        self._control = await WardenControl.connect(self._socket_dir / CONTROL_SOCKET, self._output.take)
        return self._control

    async def _ask(
        self,
        worker: _Worker,
        request: DataRequest,
        kind: type[R],
        deadline_s: float,
        task: str,
        *,
        is_sent: bool = False,
    ) -> R:
        """One request and its whole reply within the deadline, or the worker's end and why."""
        try:
            if not is_sent:
                self._output.renew()
                frame = encode_frame(request, MAX_TO_WORKER_BYTES)
                if worker.data.has_unread:
                    raise ContractViolation("the strategy's process sent what nobody asked for")
                worker.data.write(frame)
            body = await self._read_until(worker, deadline_s + GRACE_S)
            if body is not None:
                return self._accept(worker, body, request.id, kind)
        except ContractViolation as error:
            raise await self._end(worker, Killed.VIOLATION, task, str(error)) from None
        except ConnectionEnded:
            raise await self._end(worker, None, task, "") from None
        raise await self._end(worker, Killed.DEADLINE, task, f"{deadline_s:g} s")

    @staticmethod
    async def _read_until(worker: _Worker, timeout_s: float) -> bytes | None:
        """The reply; None when the deadline has passed."""
        try:
            async with asyncio.timeout(timeout_s):
                return await worker.data.read()
        except TimeoutError:
            # When it was we who slept through the deadline (a frozen process), the answer lies here.
            return worker.data.read_now()

    @staticmethod
    def _accept(worker: _Worker, body: bytes, request_id: int, kind: type[R]) -> R:
        reply = decode_body(body, _DECODER)
        if worker.data.has_unread:
            raise ContractViolation("its answer is followed by surplus bytes")
        if reply.id != request_id:
            raise ContractViolation(f"its answer is for request {reply.id}, asked was {request_id}")
        if isinstance(reply, Failed):
            raise raised(reply)
        if not isinstance(reply, kind):
            raise ContractViolation(f"its answer is {type(reply).__name__}, expected {kind.__name__}")
        return reply

    async def _end(self, worker: _Worker, killed: Killed | None, task: str, detail: str) -> RunnerError:
        """Make sure the worker is dead and say why it is."""
        monotonic = asyncio.get_running_loop().time
        began = monotonic()
        worker.alive = False
        worker.data.close()
        # A worker that merely closed its socket would live on; for a dead one this does nothing.
        worker.control.kill(worker.spawn_id)
        try:
            exited = await worker.control.exited(worker.spawn_id)
        except WardenGone:
            return WorkerLost(f"the strategy container ended during {task}")
        log.info(
            "worker_ended",
            worker_pid=worker.pid,
            ending_seconds=round(monotonic() - began, 4),
            signal=exited.signal,
            exit_code=exited.exit_code,
            peak_memory_bytes=exited.peak_memory_bytes,
            cpu_seconds=round(exited.cpu_seconds, 3),
            asked_by=killed.value if killed else None,
        )
        return verdict(exited, killed, task=task, detail=detail)


def _load_frame(load: Load) -> bytearray:
    try:
        return encode_frame(load, MAX_TO_WORKER_BYTES)
    except ContractViolation as error:
        raise in_loading(StrategyFailed(Fault.CONTRACT_VIOLATION, f"loading: {error}")) from None
