"""The warden's log lines have the form of everybody's, and its process does not hold what it does not use."""

import json
import subprocess
import sys
from datetime import datetime

import pytest

from strategy_sandbox.warden_log import WardenLog


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().err.splitlines()


def test_a_line_is_an_object_with_event_level_logger_and_time(capsys: pytest.CaptureFixture[str]) -> None:
    WardenLog().info("worker_spawned", worker_pid=7, layers=("rlimits", "seccomp"))
    (line,) = lines(capsys)
    entry = json.loads(line)
    assert datetime.fromisoformat(entry.pop("timestamp")).utcoffset() is not None
    assert entry == {
        "event": "worker_spawned",
        "level": "info",
        "logger": "strategy_sandbox",
        "worker_pid": 7,
        "layers": ["rlimits", "seccomp"],
    }


def test_what_cannot_be_written_as_json_is_described_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    WardenLog().error("odd", value=object, text="two\nlines\x1b[2J")
    (line,) = lines(capsys)
    assert json.loads(line)["text"] == "two\nlines\x1b[2J"
    assert line.isprintable()


@pytest.mark.parametrize(
    ("level", "events"),
    [("INFO", ["a", "b", "c"]), ("warning", ["b", "c"]), ("ERROR", ["c"]), ("nonsense", ["a", "b", "c"])],
)
def test_the_level_decides_what_is_written(level: str, events: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    log = WardenLog()
    log.configure(level, "json")
    log.info("a")
    log.warning("b")
    log.error("c")
    assert [json.loads(line)["event"] for line in lines(capsys)] == events


def test_on_a_terminal_a_line_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    log = WardenLog()
    log.configure("INFO", "console")
    log.info("peer_refused", peer_uid=0)
    (line,) = lines(capsys)
    assert line.endswith("[info] peer_refused peer_uid=0")


def test_a_warden_does_not_hold_what_only_supervisors_need() -> None:
    heavy = ("asyncio", "ssl", "structlog", "aiohttp", "redis", "aiokafka", "prometheus_client", "pydantic")
    program = f"""
import sys
import strategy_sandbox.warden_process, strategy_sandbox.worker
from strategy_sandbox.preload import Preloader
Preloader().load(("pandas", "ta", "talib"))
print([name for name in {heavy!r} if name in sys.modules])
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
