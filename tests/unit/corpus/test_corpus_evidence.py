"""The watchers of `make corpus` see what they are there for, and take nothing honest for an attack."""

import base64
import codecs
import json
from datetime import UTC, datetime

import pytest
from prometheus_client import generate_latest

from builders import a_signal
from corpus.canary import leaks
from corpus.cases import Case
from corpus.evidence import log_problems, metric_problems, ready_again_ms, signal_problems
from corpus.outcome import Outcome, table
from strategy_contracts.signal import Signal, SignalEnvelope, encode_envelope
from strategy_runner.metrics import RunMetrics

EPOCH_S = datetime(2024, 1, 1, tzinfo=UTC).timestamp()
SECRET = "canary0123456789abcdef"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"environ: A=1 CANARY={SECRET} B", id="plain"),
        pytest.param(SECRET[::-1], id="reversed"),
        pytest.param(SECRET.encode().hex(), id="in hex"),
        pytest.param(codecs.encode(f"x{SECRET}", "rot13"), id="in rot13"),
        pytest.param(base64.b64encode(f"x{SECRET}yz".encode()).decode(), id="in base64 after one byte"),
        pytest.param(base64.b64encode(f"xy{SECRET}".encode()).decode(), id="in base64 after two bytes"),
        pytest.param("root:x:0:0:root:/root:/bin/bash", id="a fact of the host"),
    ],
)
def test_a_leak_is_seen_in_any_disguise(text: str) -> None:
    assert leaks(text, SECRET)


def test_honest_text_is_no_leak() -> None:
    assert leaks("canary 0123456789 root:x", SECRET) == []


def a_line(event: str, **fields: object) -> bytes:
    record = {"event": event, "logger": "strategy_runner.journal", "timestamp": "2024-01-01T00:00:00.000000Z"}
    return json.dumps(record | fields).encode()


@pytest.mark.parametrize(
    ("line", "word"),
    [
        pytest.param(b"Traceback (most recent call last):", "no JSON", id="plain text"),
        pytest.param(b'["event"]', "no event", id="JSON that is no object"),
        pytest.param(a_line("forged"), "unknown event", id="an event that our code does not have"),
        pytest.param(a_line("strategy_loaded").replace(b"}", b', "x": "\xe2\x80\xae"}'), "control", id="bidi"),
        pytest.param(b"x" * 300_000, "bytes", id="a flood"),
    ],
)
def test_a_log_line_that_an_attack_has_shaped_is_seen(line: bytes, word: str) -> None:
    assert word in " ".join(log_problems(line))


def test_a_runners_own_log_has_no_problems() -> None:
    log = a_line("strategy_loaded") + b"\n" + a_line("strategy_printed", strategy_output="a\nb") + b"\n"
    assert list(log_problems(log)) == []


def exposition(metrics: RunMetrics) -> str:
    return generate_latest(metrics.registry).decode()


def test_metrics_of_a_runner_have_no_problems_and_injected_ones_are_seen() -> None:
    metrics = RunMetrics()
    metrics.faults.labels("Timeout").inc()
    assert list(metric_problems(exposition(metrics))) == []
    metrics.faults.labels('x"} 1').inc()
    assert "label reason" in " ".join(metric_problems(exposition(metrics)))
    assert "unknown metric" in " ".join(metric_problems("# TYPE forged gauge\nforged 1\n"))


def a_record(**changes: object) -> bytes:
    signal: Signal = a_signal(**({"sequence": 1, "owner": ""} | changes))
    return encode_envelope(SignalEnvelope(signal=signal, timestamp=signal.timestamp))


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        pytest.param({"owner": "forged"}, "whose", id="another owner"),
        pytest.param({"symbol": "FORGED"}, "FORGED", id="another symbol"),
        pytest.param({"metadata": {"a": ["\x1b[2J"]}}, "control", id="control characters"),
        pytest.param({"metadata": {"escaped": True}}, "succeeded", id="an attack that says it succeeded"),
        pytest.param({"sequence": 7}, "sequence", id="a gap in the sequence"),
        pytest.param({"confidence": 2.0}, "confidence", id="a number out of bounds"),
    ],
)
def test_a_forged_signal_is_seen(changes: dict[str, object], word: str) -> None:
    signal = a_signal()
    honest = list(signal_problems([a_record()], signal.execution_id, (signal.symbol,)))
    assert honest == []
    assert word in " ".join(signal_problems([a_record(**changes)], signal.execution_id, (signal.symbol,)))


def an_ending(event: str, at_s: float, *, pid: int = 1, took_s: float = 0.0) -> bytes:
    timestamp = f"2024-01-01T00:00:{at_s:09.6f}Z"
    return a_line(event, timestamp=timestamp, worker_pid=pid, ending_seconds=took_s)


def a_moment(event: str, at_s: float) -> bytes:
    return a_line(event, timestamp=f"2024-01-01T00:00:{at_s:09.6f}Z")


def test_the_wait_after_a_kill_ends_with_the_next_loaded_or_at_least_boxed_worker() -> None:
    supervisor = [
        an_ending("worker_ended", 1.0, pid=7),
        a_moment("strategy_loaded", 1.04),
        an_ending("worker_ended", 2.0, pid=8),
    ]
    waits = ready_again_ms(b"\n".join(supervisor), a_moment("worker_spawned", 2.09), EPOCH_S + 9)
    assert waits == pytest.approx([40, 90], abs=0.01)


@pytest.mark.parametrize(
    ("supervisor_took_s", "warden_took_s", "wait_ms"),
    [
        pytest.param(0.03, 0.0, 70, id="by the supervisor"),
        pytest.param(0.03, 0.01, 70, id="by the supervisor, and again by the warden"),
        pytest.param(0.0, 0.05, 95, id="by the warden, before the supervisor knew"),
    ],
)
def test_the_wait_after_a_kill_begins_when_the_worker_is_killed(
    supervisor_took_s: float, warden_took_s: float, wait_ms: float
) -> None:
    supervisor = [an_ending("worker_ended", 1.0, pid=7, took_s=supervisor_took_s), a_moment("strategy_loaded", 1.04)]
    warden = [
        an_ending("worker_exited", 0.2, pid=6, took_s=0.1),
        an_ending("worker_exited", 0.995, pid=7, took_s=warden_took_s),
    ]
    waits = ready_again_ms(b"\n".join(supervisor), b"\n".join(warden), EPOCH_S + 9)
    assert waits == pytest.approx([wait_ms], abs=0.01)


@pytest.mark.parametrize(
    ("watched_s", "waits_ms"),
    [
        pytest.param(0.2, [], id="which was not watched for long"),
        pytest.param(3.0, [3000], id="which was watched for long"),
    ],
)
def test_a_kill_after_which_no_worker_came(watched_s: float, waits_ms: list[float]) -> None:
    waits = ready_again_ms(an_ending("worker_ended", 1.0), b"", EPOCH_S + 1 + watched_s)
    assert waits == pytest.approx(waits_ms, abs=0.01)


def test_a_kill_after_which_the_runner_waits_on_purpose_does_not_count() -> None:
    lines = [a_moment("strategy_failed", 0), a_moment("strategy_failed", 1), an_ending("worker_ended", 2, pid=7)]
    lines += [a_moment("strategy_failed", 3), an_ending("worker_ended", 4, pid=8)]
    lines += [a_moment("strategy_loaded", 2.01), a_moment("strategy_loaded", 4.01)]
    assert ready_again_ms(b"\n".join(lines), b"", EPOCH_S + 9) == pytest.approx([10], abs=0.01)


def test_the_table_counts_by_category() -> None:
    case = Case(name="x", category="files", source=b"", policy="contain")
    outcomes = [Outcome(case), Outcome(case, refused=True), Outcome(case, refused=True, problems=["x"])]
    assert table("Title", outcomes).splitlines()[2].split() == ["files", "3", "1", "1", "1"]
