"""The objects the operator makes, whole, beside their goldens in `golden/` (refreshed by `make golden`)."""

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from builders import a_bundle
from strategy_contracts.errors import ContractViolation
from strategy_contracts.resource import StrategySpec, TradingStrategy
from strategy_operator.manifests import RunnerImage, bundle_secret, runner_pod
from strategy_operator.runner_plan import runner_config_of

GOLDEN = Path(__file__).with_name("golden")
UID = "3f1c0d9e-0000-4000-8000-000000000001"


def a_resource(**changes: Any) -> TradingStrategy:
    spec = {"source": {"inline": {"files": {"main.py": "x"}}}, "symbols": ["BTCUSDT"], "timeframe": "1m"} | changes
    metadata = {"name": "rsi-dip", "namespace": "strategies", "uid": UID}
    return TradingStrategy(metadata=metadata, spec=StrategySpec.model_validate(spec))


def a_pod(image: RunnerImage, **changes: Any) -> dict[str, Any]:
    resource = a_resource(**changes)
    config = runner_config_of(resource, digest=a_bundle().digest, incarnation=3, evaluate_after=None)
    return runner_pod(resource, config, image)


PLACED = {
    "limits": {"memory": "256Mi", "cpu": "500m", "executionTimeoutSeconds": 5},
    "runner": {
        "strategyImage": "registry.example/mine:1",
        "runtimeClassName": "gvisor",
        "hostUsers": False,
        "nodeSelector": {"disk": "ssd"},
        "tolerations": [{"key": "spot", "operator": "Exists", "effect": "NoSchedule"}],
        "priorityClassName": "low",
    },
}
PRIVATE = RunnerImage(
    image="registry.example/runner@sha256:00",
    pull_policy="Always",
    pull_secrets=("registry",),
    credentials="our-credentials",
    log_level="DEBUG",
    operator_version="1.2.3",
)


@pytest.mark.parametrize(
    ("name", "manifest"),
    [
        ("pod", a_pod(RunnerImage(image="strategy-runner:1"))),
        ("pod-placed", a_pod(PRIVATE, **PLACED)),
        ("bundle-secret", bundle_secret(a_resource(), a_bundle())),
    ],
)
def test_the_manifest_is_its_golden(name: str, manifest: dict[str, Any]) -> None:
    file = GOLDEN / f"{name}.yaml"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(yaml.safe_dump(manifest, sort_keys=True, width=120))
    assert manifest == yaml.safe_load(file.read_text())


def test_the_pod_keeps_what_isolates_it() -> None:
    """The lines of the golden that nobody may change in passing."""
    pod = a_pod(RunnerImage(image="strategy-runner:1"))["spec"]
    supervisor, strategy = pod["containers"]
    assert (pod["restartPolicy"], pod["automountServiceAccountToken"], pod["enableServiceLinks"]) == (
        "Always",
        False,
        False,
    )
    assert pod["securityContext"]["fsGroup"] == 10003
    assert [c["securityContext"]["runAsUser"] for c in (supervisor, strategy)] == [10001, 10002]
    assert [c["securityContext"]["runAsGroup"] for c in (supervisor, strategy)] == [10001, 10002]
    assert all(c["securityContext"]["readOnlyRootFilesystem"] for c in (supervisor, strategy))
    assert "envFrom" not in strategy
    assert {variable["value"] for variable in strategy["env"]} == {"1"}
    assert [mount["name"] for mount in strategy["volumeMounts"]] == ["sockets"]
    assert strategy["resources"]["limits"]["memory"] == "512Mi"


def test_a_slow_start_is_not_taken_for_a_hang() -> None:
    """Under a full node Python needs half a minute to start, which is when liveness alone would kill it."""
    supervisor = a_pod(RunnerImage(image="strategy-runner:1"))["spec"]["containers"][0]
    startup, liveness = supervisor["startupProbe"], supervisor["livenessProbe"]
    assert startup["httpGet"] == liveness["httpGet"]
    assert startup["periodSeconds"] * startup["failureThreshold"] >= 120


def test_a_bundle_that_no_secret_can_hold_is_refused() -> None:
    with pytest.raises(ContractViolation, match="bytes"):
        bundle_secret(a_resource(), a_bundle("#" * 950_000))


def test_no_code_is_in_the_pod() -> None:
    code = a_bundle().files["main.py"]
    assert code not in yaml.safe_dump(
        a_pod(RunnerImage(image="strategy-runner:1"), source={"inline": {"files": {"main.py": code}}})
    )
