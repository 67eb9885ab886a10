"""The link against a peer that misbehaves in every way: deadlines, kills, evidence, and what happens next."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from builders import T0, a_bundle
from scripted_warden import Answer, ScriptedWarden, at_evaluation
from strategy_contracts.status_report import Fault
from strategy_contracts.worker_protocol import (
    LENGTH,
    MAX_FROM_WORKER_BYTES,
    MAX_TO_WORKER_BYTES,
    DataRequest,
    Evaluate,
    Evaluated,
    Failed,
    Load,
    Loaded,
    Output,
    encode_frame,
)
from strategy_runner.errors import StrategyFailed, WardenUnresponsive, WorkerLost
from strategy_runner.sandbox_link import SandboxLink

SHORT_S = 0.1


def a_load(request_id: int = 1) -> Load:
    bundle = a_bundle()
    return Load(
        id=request_id,
        files=bundle.files,
        entry_point=bundle.entry_point,
        parameters={},
        symbols=("BTCUSDT",),
        timeframe="1m",
        lookback_bars=10,
    )


def an_evaluate(request_id: int = 2) -> Evaluate:
    return Evaluate(id=request_id, evaluation_time_ms=T0, bars={})


@pytest.fixture
def outputs() -> list[Output]:
    return []


@pytest.fixture
async def link(tmp_path: Path, outputs: list[Output]) -> AsyncIterator[SandboxLink]:
    made = SandboxLink(
        tmp_path,
        memory_bytes=2**28,
        imports=("numpy",),
        on_output=outputs.append,
        ping_interval_s=0.02,
        silence_s=0.2,
    )
    yield made
    await made.close()


@pytest.fixture
async def warden(tmp_path: Path) -> AsyncIterator[ScriptedWarden]:
    async with ScriptedWarden(tmp_path) as made:
        yield made


def raw(message: dict[str, Any]) -> bytes:
    """A frame that no struct of ours would make."""
    body = msgspec.msgpack.encode(message)
    return LENGTH.pack(len(body)) + body


async def failure_of(link: SandboxLink, warden: ScriptedWarden, answer: Answer) -> StrategyFailed:
    """How an evaluation fails that is answered so."""
    warden.answer = at_evaluation(answer)
    await link.start(a_load(), 5.0)
    with pytest.raises(StrategyFailed) as caught:
        await link.evaluate(an_evaluate(), SHORT_S)
    return caught.value


async def test_a_worker_is_spawned_loaded_and_asked(link: SandboxLink, warden: ScriptedWarden) -> None:
    started = await link.start(a_load(), 5.0)
    assert (started.layers, started.stateful) == (("rlimits", "seccomp"), False)
    assert await link.evaluate(an_evaluate(), 5.0) == Evaluated(id=2, signals=[])
    assert (warden.spawns[0].imports, warden.spawns[0].memory_bytes) == (("numpy",), 2**28)


async def test_it_waits_for_a_warden_that_is_not_there_yet(link: SandboxLink, tmp_path: Path) -> None:
    starting = asyncio.create_task(link.start(a_load(), 5.0))
    await asyncio.sleep(0.02)
    async with ScriptedWarden(tmp_path):
        await starting
        assert link.has_worker
        await link.close()


async def test_an_answer_that_does_not_come_is_a_timeout(link: SandboxLink, warden: ScriptedWarden) -> None:
    async def say_nothing(*_: Any) -> None: ...

    failure = await failure_of(link, warden, say_nothing)
    assert (failure.fault, failure.message) == (Fault.TIMEOUT, "the evaluation took longer than 0.1 s")
    assert not link.has_worker


async def test_an_answer_that_came_while_we_were_frozen_counts(link: SandboxLink, warden: ScriptedWarden) -> None:
    """Our process sleeps beyond the deadline, as under SIGSTOP, with the answer waiting in the socket."""

    async def answer(warden: ScriptedWarden, request: DataRequest) -> None:
        await warden.reply(Evaluated(id=request.id, signals=[]))
        time.sleep(3 * SHORT_S)

    warden.answer = at_evaluation(answer)
    await link.start(a_load(), 5.0)
    assert await link.evaluate(an_evaluate(), SHORT_S) == Evaluated(id=2, signals=[])


async def test_the_deadline_covers_the_whole_answer(link: SandboxLink, warden: ScriptedWarden) -> None:
    async def drip(warden: ScriptedWarden, request: DataRequest) -> None:
        for byte in encode_frame(Evaluated(id=request.id, signals=[]), 1000):
            await warden.send_data(bytes([byte]))
            await asyncio.sleep(0.05)

    assert (await failure_of(link, warden, drip)).fault is Fault.TIMEOUT


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(LENGTH.pack(MAX_FROM_WORKER_BYTES + 1), "the limit is 262144", id="a length beyond the limit"),
        pytest.param(LENGTH.pack(3) + b"\xc1\xc1\xc1", "does not keep to the protocol", id="bytes that are no message"),
        pytest.param(LENGTH.pack(1) + b"\x80", "does not keep to the protocol", id="a message without a type"),
        pytest.param(encode_frame(Evaluated(id=99, signals=[]), 1000), "for request 99", id="another request's answer"),
        pytest.param(encode_frame(Loaded(id=2), 1000), "is Loaded, expected Evaluated", id="another kind of answer"),
        pytest.param(encode_frame(Evaluated(id=2, signals=[]), 1000) + b"x", "surplus", id="surplus bytes"),
        pytest.param(2 * encode_frame(Evaluated(id=2, signals=[]), 1000), "surplus", id="the answer twice"),
        pytest.param(
            raw({"type": "evaluated", "id": 2, "signals": [{"symbol": "A", "action": "BUY", "x": 1}]}),
            "unknown field `x`",
            id="a signal with a field that is none",
        ),
    ],
)
async def test_garbage_is_a_contract_violation(
    link: SandboxLink, warden: ScriptedWarden, data: bytes, words: str
) -> None:
    async def say(warden: ScriptedWarden, _: DataRequest) -> None:
        await warden.send_data(data)

    failure = await failure_of(link, warden, say)
    assert failure.fault is Fault.CONTRACT_VIOLATION
    assert words in failure.message
    assert warden.kills
    assert not link.has_worker


async def test_what_nobody_asked_for_is_noticed_before_the_next_request(
    link: SandboxLink, warden: ScriptedWarden
) -> None:
    await link.start(a_load(), 5.0)
    await warden.reply(Evaluated(id=2, signals=[]))
    await asyncio.sleep(0.02)
    with pytest.raises(StrategyFailed, match="nobody asked for"):
        await link.evaluate(an_evaluate(), 5.0)
    assert [type(request) for request in warden.requests] == [Load]


@pytest.mark.parametrize(
    ("facts", "fault"),
    [
        pytest.param({"signal": signal.SIGSYS}, Fault.SECURITY_VIOLATION, id="a tripwire"),
        pytest.param({"signal": signal.SIGSEGV}, Fault.CRASHED, id="a crash"),
        pytest.param({"exit_code": 0}, Fault.CRASHED, id="an exit"),
        pytest.param({"signal": signal.SIGKILL, "oom_killed": True}, Fault.MEMORY_EXCEEDED, id="the memory killer"),
    ],
)
async def test_a_worker_that_ends_in_mid_evaluation(
    link: SandboxLink, warden: ScriptedWarden, facts: dict[str, Any], fault: Fault
) -> None:
    async def end(warden: ScriptedWarden, _: DataRequest) -> None:
        await warden.exit(**facts)

    assert (await failure_of(link, warden, end)).fault is fault


async def test_a_worker_killed_from_outside_is_lost(link: SandboxLink, warden: ScriptedWarden) -> None:
    await link.start(a_load(), 5.0)
    await warden.exit(signal=signal.SIGKILL)
    with pytest.raises(WorkerLost, match="killed from outside"):
        await link.evaluate(an_evaluate(), 5.0)
    assert not link.has_worker


async def test_a_warden_that_ends_loses_its_worker_and_is_found_again(link: SandboxLink, tmp_path: Path) -> None:
    async with ScriptedWarden(tmp_path) as first:

        async def die(*_: Any) -> None:
            dying.set()

        dying = asyncio.Event()
        first.answer = at_evaluation(die)
        await link.start(a_load(), 5.0)
        asking = asyncio.create_task(link.evaluate(an_evaluate(), 5.0))
        await dying.wait()
    with pytest.raises(WorkerLost, match="the strategy container ended"):
        await asking
    async with ScriptedWarden(tmp_path):
        await link.start(a_load(3), 5.0)
        assert await link.evaluate(an_evaluate(4), 5.0) == Evaluated(id=4, signals=[])
        await link.close()


async def test_an_exception_leaves_the_worker_alive(link: SandboxLink, warden: ScriptedWarden) -> None:
    async def fail(warden: ScriptedWarden, request: DataRequest) -> None:
        await warden.reply(Failed(id=request.id, error_type="ZeroDivisionError", message="no", file="main.py", line=7))

    failure = await failure_of(link, warden, fail)
    assert (failure.fault, failure.file, failure.line) == (Fault.STRATEGY_ERROR, "main.py", 7)
    assert link.has_worker
    assert not warden.kills


async def test_everything_that_goes_wrong_in_loading_is_load_failed(link: SandboxLink, warden: ScriptedWarden) -> None:
    async def never_load(*_: Any) -> None: ...

    warden.answer = never_load
    with pytest.raises(StrategyFailed) as caught:
        await link.start(a_load(), SHORT_S)
    assert (caught.value.fault, caught.value.message) == (Fault.LOAD_FAILED, "loading took longer than 0.1 s")
    assert not link.has_worker


async def test_a_box_that_cannot_be_made_is_no_fault_of_the_strategy(link: SandboxLink, warden: ScriptedWarden) -> None:
    warden.refuses_spawns = True
    with pytest.raises(StrategyFailed) as caught:
        await link.start(a_load(), 5.0)
    assert caught.value.fault is Fault.ISOLATION_MISSING


async def test_a_new_start_ends_the_worker_before(link: SandboxLink, warden: ScriptedWarden) -> None:
    await link.start(a_load(1), 5.0)
    await link.start(a_load(2), 5.0)
    assert warden.kills == [1]
    assert [spawn.id for spawn in warden.spawns] == [1, 2]


async def test_output_is_passed_on(link: SandboxLink, warden: ScriptedWarden, outputs: list[Output]) -> None:
    await link.start(a_load(), 5.0)
    await warden.send(Output(id=1, text="hello\n"))
    await link.evaluate(an_evaluate(), 5.0)
    assert [output.text for output in outputs] == ["hello\n"]


async def test_a_warden_that_answers_is_left_alone(link: SandboxLink, warden: ScriptedWarden) -> None:
    await link.start(a_load(), 5.0)
    watching = asyncio.create_task(link.watch())
    await asyncio.sleep(0.4)
    assert not watching.done()
    watching.cancel()


async def test_a_silent_warden_is_unresponsive(link: SandboxLink, warden: ScriptedWarden) -> None:
    await link.start(a_load(), 5.0)
    warden.answers_pings = False
    with pytest.raises(WardenUnresponsive, match="has not answered"):
        await link.watch()


async def test_a_freeze_of_our_own_is_not_the_wardens_silence(link: SandboxLink, warden: ScriptedWarden) -> None:
    await link.start(a_load(), 5.0)
    watching = asyncio.create_task(link.watch())
    await asyncio.sleep(0.05)
    time.sleep(0.5)
    await asyncio.sleep(0.1)
    assert not watching.done()
    watching.cancel()


async def test_a_warden_that_is_not_there_is_the_kubelets_business(link: SandboxLink) -> None:
    watching = asyncio.create_task(link.watch())
    await asyncio.sleep(0.3)
    assert not watching.done()
    watching.cancel()


@pytest.mark.parametrize(
    ("on", "required", "missing"),
    [
        pytest.param(("rlimits",), ("rlimits",), None, id="what is required is on"),
        pytest.param(("rlimits", "landlock", "seccomp"), (), None, id="nothing is required"),
        pytest.param(("rlimits", "landlock"), ("seccomp",), "seccomp", id="a runtime without seccomp"),
        pytest.param(("rlimits", "seccomp"), ("landlock",), "landlock", id="a kernel without Landlock"),
        pytest.param(("rlimits",), ("landlock", "seccomp"), "landlock, seccomp", id="neither"),
        pytest.param(("rlimits", "landlock", "seccomp"), ("gvisor",), "gvisor", id="a layer that nobody knows"),
    ],
)
async def test_nothing_of_a_strategy_is_sent_where_required_isolation_is_missing(
    link: SandboxLink, warden: ScriptedWarden, on: tuple[str, ...], required: tuple[str, ...], missing: str | None
) -> None:
    warden.layers = on
    if missing is None:
        assert (await link.start(a_load(), 5.0, required)).layers == on
        return
    with pytest.raises(StrategyFailed, match=f"required isolation is not available: {missing}$") as caught:
        await link.start(a_load(), 5.0, required)
    assert caught.value.fault is Fault.ISOLATION_MISSING
    assert (warden.requests, warden.kills) == ([], [1])
    assert not link.has_worker


async def test_a_worker_finds_its_request_before_anybody_has_heard_of_it(
    link: SandboxLink, warden: ScriptedWarden
) -> None:
    warden.may_tell_of_spawns.clear()
    starting = asyncio.create_task(link.start(a_load(), 5.0))
    await until(lambda: warden.requests == [a_load()])
    warden.may_tell_of_spawns.set()
    await starting
    assert warden.requests == [a_load()]


async def test_a_strategy_too_large_for_a_request_is_not_loaded_and_says_so(
    link: SandboxLink, warden: ScriptedWarden
) -> None:
    large = msgspec.structs.replace(a_load(), parameters={"text": "x" * MAX_TO_WORKER_BYTES})
    with pytest.raises(StrategyFailed, match=r"^loading: Load takes \d+ bytes; the limit is \d+$") as caught:
        await link.start(large, 5.0)
    assert (caught.value.fault, warden.spawns) == (Fault.LOAD_FAILED, [])


async def test_layers_of_a_strange_sandbox_are_our_words_only(link: SandboxLink, warden: ScriptedWarden) -> None:
    warden.layers = ("seccomp", "x" * 5000, "rlimits", "rlimits")
    assert (await link.start(a_load(), 5.0)).layers == ("rlimits", "seccomp")


async def test_a_flood_of_output_is_cut_for_each_request(
    link: SandboxLink, warden: ScriptedWarden, outputs: list[Output]
) -> None:
    await link.start(a_load(), 5.0)
    for _ in range(5):
        await warden.send(Output(id=1, text="y" * 1000))
    await until(lambda: sum(output.dropped_bytes for output in outputs) > 0)
    assert (sum(output.text.count("y") for output in outputs), outputs[-1].dropped_bytes) == (4096, 904)
    await link.evaluate(an_evaluate(), 5.0)
    await warden.send(Output(id=1, text="z\x1b[2J"))
    await until(lambda: "z" in outputs[-1].text)
    assert outputs[-1].text == "z?[2J"


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not happened():
            await asyncio.sleep(0.005)
