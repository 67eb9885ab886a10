"""Whose fault the end of a worker was, by what is known of it."""

import signal
from typing import Any

import pytest

from strategy_contracts.status_report import Fault
from strategy_contracts.worker_protocol import MEMORY_EXHAUSTED, Exited, Failed
from strategy_runner.errors import StrategyFailed, WorkerLost
from strategy_runner.evidence import MAX_MESSAGE, Killed, in_loading, printable, raised, verdict


@pytest.mark.parametrize(
    ("exited", "killed", "fault", "words"),
    [
        pytest.param(
            {"signal": signal.SIGKILL, "cpu_seconds": 2.95},
            Killed.DEADLINE,
            Fault.TIMEOUT,
            "the evaluation took longer than 3 s; it used 3.0 s of CPU",
            id="a loop is killed at its deadline",
        ),
        pytest.param(
            {"signal": signal.SIGKILL},
            Killed.VIOLATION,
            Fault.CONTRACT_VIOLATION,
            "the evaluation: 3 s",
            id="an answer that breaks the protocol",
        ),
        pytest.param(
            {"signal": signal.SIGKILL, "oom_killed": True, "peak_memory_bytes": 300 * 2**20},
            None,
            Fault.MEMORY_EXCEEDED,
            "peak was 300 MiB",
            id="the kernel's memory killer",
        ),
        pytest.param(
            {"signal": signal.SIGKILL, "oom_killed": True},
            Killed.DEADLINE,
            Fault.MEMORY_EXCEEDED,
            "memory limit",
            id="the memory killer came before our own kill",
        ),
        pytest.param(
            {"signal": signal.SIGSYS, "syscall": "socket"},
            None,
            Fault.SECURITY_VIOLATION,
            "the system call socket, which strategies may not make",
            id="a tripwire that says its name",
        ),
        pytest.param(
            {"signal": signal.SIGSYS}, None, Fault.SECURITY_VIOLATION, "a system call", id="a tripwire that does not"
        ),
        pytest.param({"signal": signal.SIGSEGV}, None, Fault.CRASHED, "SIGSEGV", id="a native crash"),
        pytest.param({"signal": signal.SIGABRT}, None, Fault.CRASHED, "SIGABRT", id="an abort"),
        pytest.param({"signal": 63}, None, Fault.CRASHED, "signal 63", id="a signal without a name"),
        pytest.param({"exit_code": 0}, None, Fault.CRASHED, "ended with status 0", id="an exit in mid-evaluation"),
        pytest.param(
            {"exit_code": MEMORY_EXHAUSTED},
            None,
            Fault.MEMORY_EXCEEDED,
            "no memory was left",
            id="nothing left to answer",
        ),
    ],
)
def test_the_verdict(exited: dict[str, Any], killed: Killed | None, fault: Fault, words: str) -> None:
    failure = verdict(Exited(id=1, **exited), killed, task="the evaluation", detail="3 s")
    assert isinstance(failure, StrategyFailed)
    assert failure.fault is fault
    assert words in failure.message


def test_a_kill_from_outside_is_not_the_strategys_fault() -> None:
    assert isinstance(verdict(Exited(id=1, signal=signal.SIGKILL), None, task="the evaluation"), WorkerLost)


@pytest.mark.parametrize(
    ("kind", "fault", "message"),
    [
        pytest.param("ZeroDivisionError", Fault.STRATEGY_ERROR, "ZeroDivisionError: no", id="an exception"),
        pytest.param("MemoryError", Fault.MEMORY_EXCEEDED, "MemoryError: no", id="memory, with a line"),
        pytest.param("StrategyBreaksContract", Fault.CONTRACT_VIOLATION, "no", id="an answer that is no decision"),
    ],
)
def test_what_the_strategy_raised(kind: str, fault: Fault, message: str) -> None:
    failure = raised(Failed(id=1, error_type=kind, message="no", file="main.py", line=3))
    assert (failure.fault, failure.message, failure.file, failure.line) == (fault, message, "main.py", 3)


def test_hostile_texts_are_bounded_and_printable() -> None:
    failure = raised(Failed(id=1, error_type="E", message="\x1b[2J" + "x" * 10_000))
    assert len(failure.message) == MAX_MESSAGE
    assert "\x1b" not in failure.message
    assert printable("a\tb\nc\u202ed", 10) == "a\tb\nc?d"


def test_loading_keeps_the_evidence() -> None:
    failure = in_loading(raised(Failed(id=1, error_type="SyntaxError", message="no", file="main.py", line=3)))
    assert (failure.fault, failure.file, failure.line) == (Fault.LOAD_FAILED, "main.py", 3)


@pytest.mark.parametrize(
    ("line", "shown"),
    [(12, 12), (0, None), (-3, None), (2**63, None), (None, None)],
    ids=["a line", "before the first", "negative", "more than Kubernetes can hold", "none"],
)
def test_a_line_that_the_worker_made_up_is_left_out(line: int | None, shown: int | None) -> None:
    failure = raised(Failed(id=1, error_type="KeyError", message="", file="main.py\nReady: True", line=line))
    assert (failure.file, failure.line) == ("main.py?Ready: True", shown)
