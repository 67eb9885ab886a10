"""Whatever the client raises, the run loop sees one error that says what was being done."""

import asyncio

import pytest
from aiokafka.errors import (
    InvalidProducerEpoch,
    InvalidProducerIdMapping,
    KafkaConnectionError,
    KafkaError,
    OutOfOrderSequenceNumber,
    ProducerFenced,
    UnknownProducerId,
)

from strategy_runner.errors import LogUnavailable, Superseded
from strategy_runner.kafka_errors import describe, log_errors, was_fenced


@pytest.mark.parametrize(
    "error",
    [
        ProducerFenced(),
        InvalidProducerIdMapping(),
        UnknownProducerId(),
        OutOfOrderSequenceNumber(),
        KafkaConnectionError("gone"),
        ConnectionResetError("reset"),
        TimeoutError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_every_failure_of_the_log_is_one_error(error: Exception) -> None:
    with (
        pytest.raises(LogUnavailable, match=f"committing: .*{type(error).__name__}") as raised,
        log_errors("committing"),
    ):
        raise error
    assert raised.value.__cause__ is error


@pytest.mark.parametrize("error", [Superseded(1, 2), asyncio.CancelledError(), KeyError("a bug")])
def test_what_is_not_the_logs_failure_goes_through(error: BaseException) -> None:
    with pytest.raises(type(error)), log_errors("committing"):
        raise error


@pytest.mark.parametrize(
    ("error", "fenced"),
    [
        (ProducerFenced(), True),
        (InvalidProducerEpoch(), True),
        (InvalidProducerIdMapping(), True),
        (KafkaError("anything else"), False),
        (TimeoutError(), False),
        (None, False),
    ],
)
def test_fencing_is_recognised_behind_the_errors_it_caused(error: BaseException | None, fenced: bool) -> None:
    wrapped = LogUnavailable("committing")
    wrapped.__cause__ = error
    assert was_fenced(error) is fenced
    assert was_fenced(wrapped) is fenced


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (TimeoutError(), "TimeoutError"),
        (ConnectionResetError("reset by peer"), "ConnectionResetError: reset by peer"),
        (KafkaConnectionError("gone"), "KafkaConnectionError: gone"),
    ],
)
def test_a_description_names_the_error_once(error: Exception, text: str) -> None:
    assert describe(error) == text
