"""Bytes of a worker that once ended the supervisor: each is a fault of the strategy, and the next evaluation works."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from builders import MINUTE, T0, a_bar, a_bundle, a_runner_config
from scripted_warden import ScriptedWarden, answer_well, at_evaluation
from strategy_contracts.errors import ContractViolation
from strategy_contracts.status_report import Fault
from strategy_contracts.timeframe import Timeframe
from strategy_contracts.worker_protocol import LENGTH, ControlReply, DataReply, DataRequest, decode_body
from strategy_runner.errors import StrategyFailed
from strategy_runner.journal import Journal
from strategy_runner.sandbox_link import SandboxLink
from strategy_runner.strategy_session import StrategySession
from strategy_runner.windows import Windows

TEXT = b"\xa2\xff\xfe"
"""A msgpack text of two bytes that are not UTF-8."""
FAILED = b"\x84\xa4type\xa6failed\xa2id\x02\xaaerror_type\xa1E\xa7message"
EVALUATED = b"\x84\xa4type\xa9evaluated\xa2id\x02\xa7signals\x90\xa5state\x81\xa1a"


@pytest.fixture
async def warden(tmp_path: Path) -> AsyncIterator[ScriptedWarden]:
    async with ScriptedWarden(tmp_path) as made:
        yield made


@pytest.fixture
async def session(tmp_path: Path) -> AsyncIterator[StrategySession]:
    link = SandboxLink(tmp_path, memory_bytes=2**28, imports=(), on_output=lambda _: None)
    config = a_runner_config(lookback_bars=3)
    yield StrategySession(link, a_bundle(), config, Journal(config))
    await link.close()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(FAILED + TEXT, id="a text that is not UTF-8"),
        pytest.param(FAILED + b"\xa3\xed\xa0\x80", id="a text with half a surrogate pair"),
        pytest.param(EVALUATED + b"\x91" * 100_000 + b"\x01", id="lists without end"),
        pytest.param(EVALUATED + b"\x91" * 950 + b"\x01", id="lists that can be read and not written"),
        pytest.param(EVALUATED + b"\x91" * 101 + b"\x01", id="lists a little too deep"),
        pytest.param(EVALUATED + b"\x81" + b"\x91" * 500 + b"\x01\x01", id="a key of many levels"),
    ],
)
async def test_an_answer_that_cannot_be_read_or_kept_is_a_fault(
    session: StrategySession, warden: ScriptedWarden, body: bytes
) -> None:
    async def say(warden: ScriptedWarden, _: DataRequest) -> None:
        await warden.send_data(LENGTH.pack(len(body)) + body)

    windows = Windows(("BTCUSDT",), Timeframe.M1, 3, 100)
    windows.add("BTCUSDT", a_bar())
    warden.answer = at_evaluation(say)
    await session.load()
    with pytest.raises(StrategyFailed) as caught:
        await session.evaluate(T0 + MINUTE, windows)
    assert caught.value.fault is Fault.CONTRACT_VIOLATION
    warden.answer = answer_well
    await session.reset(None)
    await session.load()
    assert (await session.evaluate(T0 + MINUTE, windows)).signals == []


@pytest.mark.parametrize(
    "body", [FAILED + TEXT, b"\x82\xa4type\xa6output\xa4text" + TEXT, b"\x81\xa1x" + b"\x91" * 5000]
)
@pytest.mark.parametrize("kind", [DataReply, ControlReply])
def test_bytes_that_are_no_message_are_a_violation(body: bytes, kind: object) -> None:
    with pytest.raises(ContractViolation, match="does not keep to the protocol"):
        decode_body(body, msgspec.msgpack.Decoder(kind))
