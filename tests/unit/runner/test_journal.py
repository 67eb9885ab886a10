"""What the journal notes reaches metrics, state and log alike."""

import pytest
import structlog
from structlog.testing import capture_logs

from builders import a_runner_config
from strategy_contracts.status_report import Fault
from strategy_runner.errors import StrategyFailed
from strategy_runner.journal import Journal


def layers_in_metrics(journal: Journal) -> dict[str, float]:
    return {
        layer: journal.metrics.registry.get_sample_value("runner_isolation_layer", {"layer": layer}) or 0.0
        for layer in ("rlimits", "landlock", "seccomp")
    }


def test_the_layers_that_are_on_are_in_status_metric_and_log(monkeypatch: pytest.MonkeyPatch) -> None:
    # A logger that was used before keeps what was configured then, and is not captured.
    monkeypatch.setattr("strategy_runner.journal.log", structlog.get_logger())
    journal = Journal(a_runner_config())
    with capture_logs() as logs:
        journal.loaded(("rlimits", "landlock", "seccomp"))
        journal.loaded(("rlimits", "seccomp"))
    assert journal.report().isolation == ("rlimits", "seccomp")
    assert layers_in_metrics(journal) == {"rlimits": 1.0, "landlock": 0.0, "seccomp": 1.0}
    assert [entry["isolation"] for entry in logs if entry["event"] == "strategy_loaded"] == [
        ("rlimits", "landlock", "seccomp"),
        ("rlimits", "seccomp"),
    ]


def test_faults_are_counted_by_kind() -> None:
    journal = Journal(a_runner_config())
    for fault in (Fault.TIMEOUT, Fault.CRASHED, Fault.TIMEOUT):
        journal.strategy_failed(StrategyFailed(fault, "no"))
    count = journal.metrics.registry.get_sample_value
    assert count("runner_strategy_faults_total", {"reason": "Timeout"}) == 2
    assert count("runner_strategy_faults_total", {"reason": "Crashed"}) == 1
    assert journal.report().counters.faults == 3


def test_names_that_a_worker_made_up_are_made_showable() -> None:
    journal = Journal(a_runner_config())
    journal.not_restorable(("model", "a\x1b[2J\nReady=True"))
    assert journal.report().conditions == {"StateNotRestorable": "model, a?[2J\nReady=True"}
