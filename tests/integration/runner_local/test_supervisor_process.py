"""`python -m strategy_runner` as the kubelet starts it, where there is neither gateway nor log."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from builders import a_bundle, a_runner_config
from strategy_contracts.bundle import encode_bundle
from strategy_contracts.exit_codes import ExitCode
from strategy_contracts.runner_config import encode_runner_config

PATIENCE_S = 20


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(folder: Path, **changes: str) -> dict[str, str]:
    bundle = a_bundle()
    (folder / "bundle.json").write_bytes(encode_bundle(bundle))
    return {
        "PATH": os.environ["PATH"],
        "RUNNER_CONFIG": encode_runner_config(a_runner_config(bundle_digest=bundle.digest)),
        "SIGNAL_SINK": "memory",
        "BUNDLE_PATH": str(folder / "bundle.json"),
        "STRATEGY_SOCKET_DIR": str(folder),
        "TERMINATION_LOG": str(folder / "last-words"),
        "MARKET_GATEWAY_URL": f"http://127.0.0.1:{free_port()}",
        "REDIS_URL": f"redis://:hunter2@127.0.0.1:{free_port()}/0",
        "HTTP_HOST": "127.0.0.1",
        "HTTP_PORT": str(free_port()),
    } | changes


def run(variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "strategy_runner"],
        env=variables,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def get(variables: dict[str, str], path: str) -> tuple[int, str]:
    """Status and text, once somebody serves."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{variables['HTTP_PORT']}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read().decode()
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.02)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"RUNNER_CONFIG": ""}, "RUNNER_CONFIG is not set", id="no config"),
        pytest.param({"RUNNER_CONFIG": "{}"}, "RUNNER_CONFIG: Object missing required field", id="half a config"),
        pytest.param({"BUNDLE_PATH": "/none"}, "bundle /none: ", id="no bundle"),
        pytest.param(
            {"RUNNER_CONFIG": encode_runner_config(a_runner_config())}, "expected sha256:abab", id="another bundle"
        ),
        pytest.param({"SIGNAL_SINK": "tape"}, "SIGNAL_SINK: 'tape' is not one of", id="an unknown sink"),
        pytest.param({"REDIS_URL": ""}, "REDIS_URL is not set", id="no Redis"),
        pytest.param({"SIGNAL_SINK": "kafka"}, "KAFKA_BOOTSTRAP_SERVERS is not set", id="no Kafka"),
    ],
)
def test_settings_that_cannot_work_end_the_process_with_a_word(
    tmp_path: Path, changes: dict[str, str], words: str
) -> None:
    done = run(environment(tmp_path, **changes))
    assert done.returncode == ExitCode.INVALID_CONFIG
    assert words in (tmp_path / "last-words").read_text()
    assert "Traceback" not in done.stderr


def test_it_says_why_it_is_not_ready_and_stops_on_sigterm(tmp_path: Path) -> None:
    variables = environment(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-m", "strategy_runner"], env=variables, stderr=subprocess.PIPE, text=True
    ) as started:
        assert get(variables, "/livez") == (200, "ok\n")
        assert get(variables, "/readyz") == (503, "Loading: LoadingStrategy\n")
        metrics = get(variables, "/metrics")[1]
        started.send_signal(signal.SIGTERM)
        _, logged = started.communicate(timeout=PATIENCE_S)
    assert started.returncode == ExitCode.OK
    assert "runner_evaluations_total 0.0" in metrics
    assert "strategy=" not in metrics
    events: list[dict[str, Any]] = [json.loads(line) for line in logged.splitlines()]
    assert events[0]["event"] == "supervisor_started"
    assert events[-1]["event"] == "supervisor_stopped"
    assert "hunter2" not in logged
    assert "generate_signals" not in logged
    assert not (tmp_path / "last-words").exists()
