"""The two objects the operator makes for a strategy, as plain data. Pure: the same arguments, the same objects.

What is fixed here is the security of the pod (PSS "restricted", two users, no token, nothing writable) and what both
containers must agree on with the runner image. What differs between strategies comes from the plan.
"""

import base64
from dataclasses import dataclass
from typing import Any, Final

from strategy_contracts.bundle import Bundle, encode_bundle
from strategy_contracts.resource import API_VERSION, KIND, RunnerSpec, TradingStrategy
from strategy_contracts.runner_config import (
    BUNDLE_FILE,
    BUNDLE_MOUNT_PATH,
    RUNNER_CONFIG_VARIABLE,
    SOCKET_GID,
    SOCKET_MOUNT_PATH,
    STRATEGY_UID,
    SUPERVISOR_HTTP_PORT,
    SUPERVISOR_UID,
    RunnerConfig,
    encode_runner_config,
)
from strategy_operator.names import (
    BUNDLE_DIGEST,
    INCARNATION_LABEL,
    INPUT_HASH,
    MANAGER,
    OPERATOR_VERSION,
    STRATEGY_LABEL,
    TIMING_HASH,
    bundle_secret_name,
    label,
    pod_name,
)
from strategy_operator.pod_state import STRATEGY, SUPERVISOR
from strategy_operator.runner_plan import grace_seconds, input_hash, timing_hash

_ONE_THREAD: Final = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
"""The warden may only fork while it has one thread."""
_SUPERVISOR_MEMORY: Final = "512Mi"
"""A net below a leak; a supervisor needs a tenth of it."""


@dataclass(frozen=True)
class RunnerImage:
    """How runner pods of this installation are made."""

    image: str
    pull_policy: str = "IfNotPresent"
    pull_secrets: tuple[str, ...] = ()
    credentials: str = "runner-credentials"
    log_level: str = "INFO"
    operator_version: str = "0"


def bundle_secret(resource: TradingStrategy, bundle: Bundle) -> dict[str, Any]:
    """The immutable Secret that holds the bundle; ContractViolation when it is too large for one."""
    name, digest = resource.metadata["name"], bundle.digest
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": bundle_secret_name(name, resource.execution_id, digest),
            "namespace": resource.metadata["namespace"],
            "labels": _labels(name),
            "annotations": {BUNDLE_DIGEST: digest},
            "ownerReferences": [_owned_by(resource)],
        },
        "type": f"{API_VERSION.split('/', maxsplit=1)[0]}/bundle",
        "immutable": True,
        "data": {BUNDLE_FILE: base64.b64encode(encode_bundle(bundle)).decode()},
    }


def runner_pod(resource: TradingStrategy, config: RunnerConfig, runner: RunnerImage) -> dict[str, Any]:
    """The runner pod of one incarnation."""
    name, spec = resource.metadata["name"], resource.spec
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": pod_name(name),
            "namespace": resource.metadata["namespace"],
            "labels": _labels(name) | {INCARNATION_LABEL: str(config.incarnation)},
            "annotations": {
                BUNDLE_DIGEST: config.bundle_digest,
                INPUT_HASH: input_hash(spec, config.bundle_digest),
                TIMING_HASH: timing_hash(spec),
                OPERATOR_VERSION: runner.operator_version,
                "kubectl.kubernetes.io/default-container": SUPERVISOR,
            },
            "ownerReferences": [_owned_by(resource)],
        },
        "spec": {
            "restartPolicy": "Always",
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": grace_seconds(spec),
            "securityContext": {
                "runAsNonRoot": True,
                "fsGroup": SOCKET_GID,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [_supervisor(config, runner), _strategy(resource, runner)],
            "volumes": [
                {
                    "name": "bundle",
                    "secret": {
                        "secretName": bundle_secret_name(name, config.execution_id, config.bundle_digest),
                        "defaultMode": 0o440,
                    },
                },
                {"name": "sockets", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}},
            ],
            **_placement(spec.runner),
            **({"imagePullSecrets": [{"name": name} for name in runner.pull_secrets]} if runner.pull_secrets else {}),
        },
    }


def _supervisor(config: RunnerConfig, runner: RunnerImage) -> dict[str, Any]:
    return {
        "name": SUPERVISOR,
        "image": runner.image,
        "imagePullPolicy": runner.pull_policy,
        "command": ["python", "-m", "strategy_runner"],
        "env": [
            {"name": RUNNER_CONFIG_VARIABLE, "value": encode_runner_config(config)},
            {"name": "LOG_LEVEL", "value": runner.log_level},
        ],
        "envFrom": [{"secretRef": {"name": runner.credentials}}],
        "ports": [{"name": "http", "containerPort": SUPERVISOR_HTTP_PORT}],
        # On a node that has more to do than it can, Python needs longer to start than liveness would wait.
        "startupProbe": _probe("/livez", periodSeconds=1, timeoutSeconds=3, failureThreshold=120),
        "livenessProbe": _probe("/livez", periodSeconds=10, timeoutSeconds=5, failureThreshold=3),
        "readinessProbe": _probe("/readyz", periodSeconds=5, timeoutSeconds=3, failureThreshold=2),
        "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": _SUPERVISOR_MEMORY}},
        "securityContext": _restricted(SUPERVISOR_UID),
        "volumeMounts": [
            {"name": "bundle", "mountPath": BUNDLE_MOUNT_PATH, "readOnly": True},
            {"name": "sockets", "mountPath": SOCKET_MOUNT_PATH},
        ],
    }


def _strategy(resource: TradingStrategy, runner: RunnerImage) -> dict[str, Any]:
    spec = resource.spec
    limits = {"memory": spec.limits.memory} | ({"cpu": spec.limits.cpu} if spec.limits.cpu else {})
    return {
        "name": STRATEGY,
        "image": spec.runner.strategy_image or runner.image,
        "imagePullPolicy": runner.pull_policy,
        # Without docstrings: they are a tenth of what the libraries take. A strategy keeps its own, and its assertions.
        "command": ["python", "-OO", "-m", "strategy_sandbox"],
        "env": [{"name": name, "value": "1"} for name in _ONE_THREAD],
        "resources": {"requests": {"cpu": "10m", "memory": "128Mi"}, "limits": limits},
        "securityContext": _restricted(STRATEGY_UID),
        "volumeMounts": [{"name": "sockets", "mountPath": SOCKET_MOUNT_PATH}],
    }


def _restricted(uid: int) -> dict[str, Any]:
    return {
        "runAsUser": uid,
        "runAsGroup": uid,
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def _probe(path: str, **timing: int) -> dict[str, Any]:
    return {"httpGet": {"path": path, "port": "http"}, **timing}


def _placement(runner: RunnerSpec) -> dict[str, Any]:
    wanted = {
        "runtimeClassName": runner.runtime_class_name,
        "nodeSelector": runner.node_selector,
        "tolerations": [item.model_dump(by_alias=True, exclude_none=True) for item in runner.tolerations or ()],
        "priorityClassName": runner.priority_class_name,
    }
    own_users = {} if runner.host_users is None else {"hostUsers": runner.host_users}
    return {field: value for field, value in wanted.items() if value} | own_users


def _labels(name: str) -> dict[str, str]:
    return {
        "app.kubernetes.io/name": "strategy-runner",
        "app.kubernetes.io/managed-by": MANAGER,
        "app.kubernetes.io/instance": label(name),
        STRATEGY_LABEL: label(name),
    }


def _owned_by(resource: TradingStrategy) -> dict[str, Any]:
    # No blockOwnerDeletion: it would need the right to set finalizers, and nothing waits for the pod's end.
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "name": resource.metadata["name"],
        "uid": resource.execution_id,
        "controller": True,
    }
