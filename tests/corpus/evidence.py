"""What a pod that ran an attack may say, and what would be a success of the attack. Pure: texts in, problems out."""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from prometheus_client.parser import text_string_to_metric_families

from corpus.canary import leaks
from corpus.cases import ROOT
from strategy_contracts.signal import ExecutionMode, Signal, decode_envelope
from strategy_contracts.status_report import decode_report
from strategy_runner.fault_policy import FREE_FAULTS
from strategy_runner.metrics import RunMetrics

MAX_LOG_BYTES = 256 * 1024
"""Of one container in one case: what a flood may cost."""
MAX_RECORD_BYTES = 64 * 1024
MAX_SERIES = 400
NEXT_WITHIN_MS = 250.0
"""After a kill, until the next evaluation can be served."""
_OURS = ("strategy_", "__main__")
_LABEL_VALUE = re.compile(r"[A-Za-z_]{1,40}|\+?[0-9.e+-]+|\+Inf")


@cache
def event_names() -> frozenset[str]:
    """Every constant event name in the code that runs in a runner pod."""
    calls = re.compile(r"\blog\.\w+\(\s*\"(\w+)\"")
    files = [path for folder in ("contracts", "runner") for path in (ROOT / folder).rglob("*.py")]
    return frozenset(name for path in files for name in calls.findall(path.read_text(encoding="utf-8")))


def log_problems(log: bytes) -> Iterator[str]:
    """Each line is one JSON object with an event that stands in our code, and nothing that steers a terminal."""
    if len(log) > MAX_LOG_BYTES:
        yield f"the log has {len(log)} bytes"
    for raw in log.splitlines():
        line = raw.decode("utf-8", "replace")
        try:
            record = json.loads(line)
        except ValueError:
            yield f"a log line is no JSON: {line[:120]!r}"
            continue
        if not isinstance(record, dict) or not isinstance(record.get("event"), str):
            yield f"a log line is no event: {line[:120]!r}"
        elif str(record.get("logger", "")).startswith(_OURS) and record["event"] not in event_names():
            yield f"an unknown event: {record['event'][:80]!r}"
        if not line.isprintable():
            yield f"a log line holds control characters: {line[:120]!r}"


def metric_problems(text: str) -> Iterator[str]:
    """Names and labels are those of a runner that nobody has attacked; label values are single words or numbers."""
    known = _known_metrics()
    series = 0
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            series += 1
            if known.get(sample.name) != tuple(sorted(sample.labels)):
                yield f"an unknown metric: {sample.name[:80]} with labels {sorted(sample.labels)}"
            for label, value in sample.labels.items():
                if not _LABEL_VALUE.fullmatch(value):
                    yield f"label {label} of {sample.name} is {value[:80]!r}"
    if series > MAX_SERIES:
        yield f"{series} series"


@cache
def _known_metrics() -> dict[str, tuple[str, ...]]:
    """Label names by sample name."""
    metrics = RunMetrics()
    for metric in vars(metrics).values():
        if names := getattr(metric, "_labelnames", ()):
            metric.labels(*("x" for _ in names))
    return {
        sample.name: tuple(sorted(sample.labels)) for family in metrics.registry.collect() for sample in family.samples
    }


def counter(text: str, name: str) -> float:
    """The sum of a counter over its labels."""
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == f"{name}_total"
    )


def faults(text: str) -> list[str]:
    """Which faults a runner has counted."""
    return sorted(
        sample.labels["reason"]
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "runner_strategy_faults_total" and sample.value > 0
    )


def signal_problems(records: Iterable[bytes], execution_id: str, symbols: tuple[str, ...]) -> Iterator[str]:
    """Published signals are whole, bounded, of a subscribed symbol, and say nothing of whose they are but the truth."""
    for position, record in enumerate(records):
        if len(record) > MAX_RECORD_BYTES:
            yield f"a signal of {len(record)} bytes"
        try:
            signal = decode_envelope(record).signal
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            yield f"a signal that is none: {error}"
            continue
        yield from _signal_problems(signal, execution_id, symbols)
        if signal.sequence != position + 1:
            yield f"signal {position + 1} has sequence {signal.sequence}"


def _signal_problems(signal: Signal, execution_id: str, symbols: tuple[str, ...]) -> Iterator[str]:
    if signal.execution_id != execution_id or signal.owner != "" or signal.execution_mode is not ExecutionMode.PAPER:
        yield "a signal lies about whose it is"
    if signal.symbol not in symbols:
        yield f"a signal of {signal.symbol[:40]!r}"
    if not (0 <= signal.confidence <= 1 and 0 < signal.execution_params.quantity <= 1e12):
        yield f"a signal with confidence {signal.confidence} and quantity {signal.execution_params.quantity}"
    for text in _texts(signal.metadata):
        if not text.replace("\n", "").replace("\t", "").isprintable():
            yield f"metadata holds control characters: {text[:80]!r}"
    if signal.metadata.get("escaped") not in (None, False):
        yield f"the attack says it succeeded: {str(signal.metadata)[:200]}"


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for key, item in value.items():
                yield from _texts(key)
                yield from _texts(item)
        case list():
            for item in value:
                yield from _texts(item)


def status_problems(records: Iterable[bytes]) -> Iterator[str]:
    """Reports are whole, and what they quote of the strategy is printable and bounded."""
    for record in records:
        if len(record) > MAX_RECORD_BYTES:
            yield f"a status report of {len(record)} bytes"
        try:
            error = decode_report(record).last_error
        except (msgspec.MsgspecError, UnicodeDecodeError) as broken:
            yield f"a status report that is none: {broken}"
            continue
        for text in (error.message, error.file or "", error.traceback or "") if error else ():
            if not text.replace("\n", "").replace("\t", "").isprintable():
                yield f"a status report holds control characters: {text[:80]!r}"


def secret_problems(texts: dict[str, str], secret: str) -> Iterator[str]:
    """Nothing that leaves the pod, by whatever way, tells a secret."""
    for place, text in texts.items():
        for what in leaks(text, secret):
            yield f"{what} came out in the {place}"


def ready_again_ms(supervisor_log: bytes, warden_log: bytes, watched_until: float) -> list[float]:
    """After each kill among the first three faults: how long until the next worker was ready to be asked.

    After later faults the runner waits on purpose; a fault need not be the end of a worker. Ready is loaded; for a
    strategy that never loads, a worker that has its box on and is being asked to load. Where no worker had come when
    the pod was looked at last (`watched_until`, seconds since 1970), the wait is at least as long as it was watched;
    one that was cut off within `NEXT_WITHIN_MS` says nothing.
    """
    faults, loaded = _times(supervisor_log, "strategy_failed"), _times(supervisor_log, "strategy_loaded")
    spawned = _times(warden_log, "worker_spawned")
    waits = []
    for kill, until in _first_kills(supervisor_log, warden_log):
        if sum(fault < kill for fault in faults) >= FREE_FAULTS:
            break
        ready = _first(loaded, kill, until) or _first(spawned, kill, until)
        wait_ms = ((ready or watched_until) - kill) * 1000
        if ready or wait_ms > NEXT_WITHIN_MS:
            waits.append(wait_ms)
    return waits


def answered_after_ms(supervisor_log: bytes, warden_log: bytes, records: Iterable[bytes]) -> list[float]:
    """After each of the first three kills: how long until the next decision was made, where one was."""
    made = sorted(decode_envelope(record).signal.generated_at.timestamp() for record in records)
    answers = [(kill, _first(made, kill, until)) for kill, until in _first_kills(supervisor_log, warden_log)]
    return [(answer - kill) * 1000 for kill, answer in answers if answer]


def _first_kills(supervisor_log: bytes, warden_log: bytes) -> list[tuple[float, float]]:
    """Of the first three: when, and when the next one was."""
    kills = _kills(supervisor_log, warden_log)
    return list(zip(kills[:3], [*kills[1:], float("inf")], strict=False))


def _first(times: Iterable[float], since: float, until: float) -> float | None:
    return next((time for time in times if since <= time <= until), None)


def _kills(supervisor_log: bytes, warden_log: bytes) -> list[float]:
    """When each worker was killed: by the supervisor or by the warden, whoever was first.

    One that ended by itself, or by the kernel, counts from the first notice that either of them had.
    """
    by_warden = {record["worker_pid"]: _began(record) for record in _records(warden_log, "worker_exited")}
    return [
        min(_began(record), by_warden.get(record["worker_pid"], float("inf")))
        for record in _records(supervisor_log, "worker_ended")
    ]


def _began(record: dict[str, Any]) -> float:
    """Of an ending that has been logged when it was over."""
    return _time(record) - float(record["ending_seconds"])


def _times(log: bytes, event: str) -> list[float]:
    return [_time(record) for record in _records(log, event)]


def _time(record: dict[str, Any]) -> float:
    return datetime.fromisoformat(record["timestamp"]).timestamp()


def _records(log: bytes, event: str) -> list[dict[str, Any]]:
    records = (json.loads(line) for line in log.splitlines() if line.startswith(b"{"))
    return [record for record in records if record.get("event") == event]


def traces_on(root: Path) -> list[str]:
    """Files that attacks leave, on the node itself."""
    return [str(path) for folder in ("tmp", "dev/shm") for path in (root / folder).glob("PWNED*")]
