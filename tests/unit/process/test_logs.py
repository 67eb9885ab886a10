"""One form for every log line, and nothing in it that must not be there."""

import io
import json
import logging

import pytest
import structlog

from strategy_process.logs import configure_logging


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_our_lines_and_those_of_libraries_have_one_form(stream: io.StringIO) -> None:
    configure_logging("INFO", "json", stream)
    structlog.get_logger("ours").info("runner_started", incarnation=3)
    logging.getLogger("library").warning("took %d ms", 5)
    ours, library = lines(stream)
    assert (ours["event"], ours["incarnation"], ours["level"], ours["logger"]) == ("runner_started", 3, "info", "ours")
    assert (library["event"], library["level"], library["logger"]) == ("took 5 ms", "warning", "library")
    assert str(ours["timestamp"]).endswith("Z")


def test_a_traceback_does_not_carry_the_locals_of_its_frames(stream: io.StringIO) -> None:
    configure_logging("INFO", "json", stream)
    password = "hunter" + str(2)
    try:
        raise ValueError(f"length {len(password)}")
    except ValueError:
        structlog.get_logger("ours").exception("failed")
    assert "hunter2" not in stream.getvalue()
    assert "length 7" in stream.getvalue()


def test_the_level_silences_what_is_below_it(stream: io.StringIO) -> None:
    configure_logging("WARNING", "json", stream)
    structlog.get_logger("ours").info("quiet")
    logging.getLogger("library").info("quiet")
    assert stream.getvalue() == ""
