"""The log client's errors as ours. Whatever went wrong, only a restore knows what the log took."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from aiokafka.errors import InvalidProducerEpoch, InvalidProducerIdMapping, KafkaError, ProducerFenced

from strategy_runner.errors import LogUnavailable

CLIENT_ERRORS: Final = (KafkaError, OSError)
"""What aiokafka raises; a TimeoutError, theirs or ours, is an OSError."""

_FENCING: Final = (ProducerFenced, InvalidProducerEpoch, InvalidProducerIdMapping)


@contextmanager
def log_errors(doing: str) -> Iterator[None]:
    """Turns what the client raises inside into LogUnavailable that says what was being done."""
    try:
        yield
    except CLIENT_ERRORS as error:
        raise LogUnavailable(f"{doing}: {describe(error)}") from error


def describe(error: BaseException) -> str:
    """One line with the error's name; a TimeoutError has no text of its own."""
    text = str(error)
    name = type(error).__name__
    return f"{name}: {text}" if text and name not in text else text or name


def was_fenced(error: BaseException | None) -> bool:
    """Whether the error, or one that caused it, says that this producer is no longer the log's writer."""
    while error is not None:
        if isinstance(error, _FENCING):
            return True
        error = error.__cause__
    return False
