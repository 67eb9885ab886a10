"""Attacks in runner pods, both ways: built from the manifests with the policy left out, and applied as anybody would.

Both are watched and judged in the same way; the difference is who makes the pod.
"""

import asyncio
import base64
import re
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import aiohttp

from corpus import evidence
from corpus.api_server import ApiServer
from corpus.cases import Case
from corpus.log_collector import LogCollector
from corpus.observed_pod import NodeScanner, Observation, ObservedPod
from corpus.outcome import Outcome
from corpus.starting_gate import StartingGate
from strategy_code.analysis import analyse
from strategy_contracts.bundle import Bundle, EntryPoint, Shape
from strategy_contracts.errors import ContractViolation
from strategy_contracts.resource import TradingStrategy
from strategy_contracts.signal import StrategySource
from strategy_contracts.status_report import Fault
from strategy_operator.manifests import RunnerImage, bundle_secret, runner_pod
from strategy_operator.names import pod_name
from strategy_operator.runner_plan import runner_config_of

SYMBOLS = ("BTCUSDT",)
CREDENTIALS = "runner-credentials"
STRATEGIES = "/apis/trading.alphintra.io/v1alpha1/namespaces/{}/tradingstrategies"
VERDICT_WITHIN_S = 30.0
LOG_TAIL_BYTES = 4000
NAMESPACE_GONE_WITHIN_S = 180.0

_FUNCTION = EntryPoint(shape=Shape.FUNCTION, file="main.py", name="generate_signals")


@dataclass(frozen=True)
class Surroundings:
    """What all cases of one run share."""

    api: ApiServer
    web: aiohttp.ClientSession
    scanner: NodeScanner
    log: LogCollector
    secret: str
    """Known to every supervisor, to no strategy."""
    started: set[str]
    """Uids of all pods, to look for what outlives them."""
    gate: StartingGate


def spec_of(case: Case) -> dict[str, Any]:
    """One evaluation a close, a second for each, the least memory but a bit; everything decided is published."""
    # Nobody says that an honest strategy is fast on a machine full of attacks.
    seconds = 10 if case.policy == "accept" else 1
    return {
        "source": {"inline": {"files": {"main.py": case.text}}},
        "symbols": list(SYMBOLS),
        "timeframe": "1m",
        "lookbackBars": 200,
        "limits": {
            "memory": "256Mi",
            "executionTimeoutSeconds": seconds,
            "loadTimeoutSeconds": 2 * seconds,
        },
        "signals": {"cooldownSeconds": 0, "repeat": "Always", "maxPerMinute": 1000},
    }


def object_name(case: Case) -> str:
    return re.sub(r"[^a-z0-9]+", "-", f"{case.category}-{case.name}".lower()).strip("-")[:60].rstrip("-")


class WithoutPolicy:
    """Pods from the manifests, in a namespace of no operator."""

    def __init__(self, around: Surroundings, namespace: str, image: str, layers: str | None = None) -> None:
        """`layers` of the box to install instead of all: with fewer, attacks succeed and the watchers must see it."""
        self._around, self._namespace, self._layers = around, namespace, layers
        self._image = RunnerImage(image=image, pull_policy="Never")

    async def run(self, case: Case) -> Outcome:
        """From the pod's creation to its deletion."""
        around, outcome = self._around, Outcome(case)
        execution_id = str(uuid.uuid4())
        resource = TradingStrategy.model_validate(
            {
                "metadata": {"name": object_name(case), "namespace": self._namespace, "uid": execution_id},
                "spec": spec_of(case) | {"source": {"configMap": {"name": "left-out"}}},
            }
        )
        bundle = Bundle(
            strategy_id=f"{self._namespace}/{object_name(case)}",
            source=StrategySource.INLINE,
            files={"main.py": case.text},
            main_file="main.py",
            entry_point=analyse({"main.py": case.text}, "main.py").entry_point or _FUNCTION,
        )
        try:
            secret = bundle_secret(resource, bundle)
        except ContractViolation as refusal:
            return Outcome(case, refused=True, verdict=str(refusal))
        config = runner_config_of(resource, digest=bundle.digest, incarnation=1, evaluate_after=None)
        pod = runner_pod(resource, config, self._image)
        if self._layers is not None:
            pod["spec"]["containers"][1]["env"].append({"name": "BOX_LAYERS", "value": self._layers})
        for item in (secret, pod):
            # Nothing stands behind them: the garbage collector would take them away.
            del item["metadata"]["ownerReferences"]
        core = f"/api/v1/namespaces/{self._namespace}"
        path = f"{core}/pods/{pod['metadata']['name']}"
        await _created(around.api, f"{core}/secrets", secret)
        await _created(around.api, f"{core}/pods", pod)
        try:
            seen = await ObservedPod(around.api, around.scanner, around.web, around.gate, path).observe()
        finally:
            await around.api.delete(path, grace_s=1)
            await around.api.delete(f"{core}/secrets/{secret['metadata']['name']}")
        judge(outcome, seen, around, execution_id)
        return outcome


class NormalPath:
    """TradingStrategies applied to a namespace of the operator."""

    def __init__(self, around: Surroundings, namespace: str) -> None:
        self._around, self._namespace = around, namespace

    async def run(self, case: Case) -> Outcome:
        """From applying the resource to its deletion."""
        around, outcome = self._around, Outcome(case)
        if not case.is_text:
            return self._no_text(outcome)
        name, folder = object_name(case), STRATEGIES.format(self._namespace)
        manifest = {
            "apiVersion": "trading.alphintra.io/v1alpha1",
            "kind": "TradingStrategy",
            "metadata": {"name": name},
            "spec": spec_of(case),
        }
        status, created = await around.api.post(folder, manifest)
        if status != 201:
            return self._refused(outcome, created["message"], at_apply=True)
        execution_id = created["metadata"]["uid"]
        pod = f"/api/v1/namespaces/{self._namespace}/pods/{pod_name(name)}"
        try:
            admitted, message = await self._verdict(f"{folder}/{name}")
            if not admitted:
                return self._refused(outcome, message, at_apply=False)
            seen = await ObservedPod(around.api, around.scanner, around.web, around.gate, pod).observe()
            resource = await around.api.get(f"{folder}/{name}")
        finally:
            await around.api.delete(f"{folder}/{name}")
            await around.api.delete(pod, grace_s=1)
        judge(outcome, seen, around, execution_id, resource)
        if case.policy == "reject":
            outcome.problems.append("the policy admitted it")
        return outcome

    async def _verdict(self, path: str) -> tuple[bool, str]:
        """(whether the code was admitted, the condition's message)."""
        async with asyncio.timeout(VERDICT_WITHIN_S):
            while True:
                resource = await self._around.api.get(path) or {}
                for condition in resource.get("status", {}).get("conditions", ()):
                    if condition["type"] in ("CodeAdmitted", "SourceResolved") and condition["status"] == "False":
                        return False, condition["message"]
                    if condition["type"] == "CodeAdmitted" and condition["status"] == "True":
                        return True, ""
                await asyncio.sleep(0.2)

    def _refused(self, outcome: Outcome, message: str, *, at_apply: bool) -> Outcome:
        """Refused is right where the corpus says so, and then with a right line; the API server knows no lines."""
        case = outcome.case
        outcome.refused, outcome.verdict = True, message
        lines = {finding.line for finding in analyse({"main.py": case.text}, "main.py").findings}
        if case.policy in ("contain", "accept"):
            outcome.problems.append(f"refused: {message[:200]}")
        elif not at_apply and not re.match(r".*main\.py:\d+:\d+: ", message):
            outcome.problems.append(f"the refusal names no place: {message[:200]}")
        elif case.policy == "reject" and not lines & set(case.lines):
            outcome.problems.append(f"the refusal names line {sorted(lines)}, right is {case.lines}")
        outcome.problems += evidence.secret_problems({"refusal": message}, self._around.secret)
        return outcome

    def _no_text(self, outcome: Outcome) -> Outcome:
        """Bytes that are no text fit into no resource; a database hands them over with stand-ins."""
        verdict = analyse({"main.py": outcome.case.source.decode("utf-8", "surrogateescape")}, "main.py")
        outcome.refused, outcome.verdict = not verdict.admitted, verdict.reason
        if verdict.admitted:
            outcome.problems.append("bytes that are no text were admitted")
        return outcome


def judge(
    outcome: Outcome,
    seen: Observation,
    around: Surroundings,
    execution_id: str,
    resource: dict[str, Any] | None = None,
) -> None:
    """All that was seen of the pod, and all that left it, into the outcome."""
    case = outcome.case
    around.started.add(seen.pod.get("metadata", {}).get("uid", ""))
    signals, reports = around.log.signals(execution_id), around.log.reports(execution_id)
    outcome.verdict = ",".join(seen.faults) or "answers"
    outcome.started_s = seen.started_s
    outcome.problems += seen.problems
    outcome.problems += evidence.signal_problems(signals, execution_id, SYMBOLS)
    outcome.problems += evidence.status_problems(reports)
    outcome.problems += evidence.secret_problems(
        {
            "supervisor's log": _text(seen.supervisor_log),
            "warden's log": _text(seen.warden_log),
            "metrics": seen.metrics,
            "signals": _text(b"\n".join(signals)),
            "reports": _text(b"\n".join(reports)),
            "pod's status": str(seen.pod.get("status")),
            "resource's status": str((resource or {}).get("status")),
        },
        around.secret,
    )
    outcome.marked = any(b"PWNED" in text for text in (*signals, *reports, seen.supervisor_log))
    outcome.ready_again_ms = seen.ready_again_ms
    outcome.log_tail = _text(seen.supervisor_log[-LOG_TAIL_BYTES:])
    outcome.answered_after_ms = evidence.answered_after_ms(seen.supervisor_log, seen.warden_log, signals)
    foreseen = {*(case.ends or "").split("|"), Fault.TIMEOUT.value}
    if case.ends is not None and not set(seen.faults or ["answers"]) <= foreseen:
        outcome.problems.append(f"it ended with {seen.faults or 'answers'}, foreseen was {case.ends}")
    if not reports:
        outcome.problems.append("it never reported")
    # Each evaluation repeats what the first one did.
    outcome.problems = list(dict.fromkeys(outcome.problems))


def slow(outcome: Outcome) -> list[float]:
    """Waits after a kill that were longer than they may be."""
    return [wait for wait in outcome.ready_again_ms if wait > evidence.NEXT_WITHIN_MS]


async def all_at_once(
    run: Callable[[Case], Any],
    cases: list[Case],
    parallel: int,
    gate: StartingGate,
    tell: Callable[[int, Outcome], None],
) -> list[Outcome]:
    """So many pods at a time, which begin together when all have started and end together; word of each outcome."""
    outcomes: list[Outcome] = []

    async def one(case: Case) -> None:
        try:
            outcome = await run(case)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            outcome = Outcome(case, problems=[f"could not be judged: {type(error).__name__} {error}"])
        finally:
            gate.leave()
        outcomes.append(outcome)
        tell(len(outcomes), outcome)

    for batch in batched(cases, parallel):
        gate.expect(len(batch))
        await asyncio.gather(*(one(case) for case in batch))
    return outcomes


def batched(cases: list[Case], size: int) -> list[list[Case]]:
    return [cases[start : start + size] for start in range(0, len(cases), size)]


async def open_namespace(api: ApiServer, namespace: str, credentials_of: str, secret: str, gate: StartingGate) -> None:
    """A namespace that takes restricted pods only, with the runners' credentials and a secret among them."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    await _created(
        api,
        "/api/v1/namespaces",
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": labels}},
    )
    found = await api.get(f"/api/v1/namespaces/{credentials_of}/secrets/{CREDENTIALS}")
    assert found is not None, f"namespace {credentials_of} has no {CREDENTIALS}"
    copy = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": CREDENTIALS}}
    await _created(api, f"/api/v1/namespaces/{namespace}/secrets", copy | {"data": found["data"] | _ours(secret, gate)})


async def close_namespace(api: ApiServer, namespace: str) -> bool:
    """Whether it went in time. Its thousands of Events keep the API server busy, which the next pass is not about."""
    path = f"/api/v1/namespaces/{namespace}"
    await api.delete(path)
    with suppress(TimeoutError):
        async with asyncio.timeout(NAMESPACE_GONE_WITHIN_S):
            while await api.get(path) is not None:
                await asyncio.sleep(1)
            return True
    return False


async def plant(api: ApiServer, namespace: str, secret: str, gate: StartingGate) -> None:
    """The secret among the runners' credentials of a namespace that is there."""
    await api.patch(f"/api/v1/namespaces/{namespace}/secrets/{CREDENTIALS}", {"data": _ours(secret, gate)})


def _ours(secret: str, gate: StartingGate) -> dict[str, str]:
    values = {"CANARY_SECRET": secret, "MARKET_GATEWAY_URL": gate.url}
    return {name: base64.b64encode(value.encode()).decode() for name, value in values.items()}


async def _created(api: ApiServer, path: str, body: dict[str, Any]) -> None:
    status, answer = await api.post(path, body)
    assert status == 201, f"{path}: {answer.get('message')}"


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")
