"""One runner pod from its creation to its end, watched from the node and by what it tells, and judged.

How the pod comes to be is not known here: built from the manifests with the static policy left out, or by the operator.
"""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from corpus import evidence, node
from corpus.api_server import ApiServer
from corpus.canary import Doors
from corpus.starting_gate import StartingGate
from strategy_contracts.runner_config import SUPERVISOR_HTTP_PORT

ENOUGH_EVALUATIONS = 5
"""Late behaviour begins with the third."""
ENOUGH_FAULTS = 4
"""Three kills, and one more that shows that the third was recovered from."""
PATIENCE_S = 90.0
LOOK_EVERY_S = 0.5
"""An answer with the metrics costs a supervisor some milliseconds of a processor that the attacks have taken."""
LINGER_S = 0.3
"""What an attack does after its last answer needs a moment to show."""


@dataclass
class Observation:
    """What was seen of one pod."""

    problems: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    evaluations: int = 0
    ready_again_ms: list[float] = field(default_factory=list)
    pod: dict[str, Any] = field(default_factory=dict)
    supervisor_log: bytes = b""
    warden_log: bytes = b""
    metrics: str = ""
    watched_until: float = 0.0
    """Seconds since 1970, when its logs were read."""
    started_s: float = 0.0
    """From creation to the first evaluation or fault."""
    doors: Doors = field(default_factory=Doors)


class NodeScanner:
    """One look at /proc for all pods that are being watched, not one for each."""

    def __init__(self) -> None:
        self.pods: dict[str, list[int]] = {}
        self._looked_at = 0.0
        # A thread of its own, because it changes its network.
        self._threads = ThreadPoolExecutor(1)

    def look(self, *, max_age_s: float = 0.1) -> dict[str, list[int]]:
        if time.monotonic() - self._looked_at > max_age_s:
            self.pods, self._looked_at = node.processes_by_pod(), time.monotonic()
        return self.pods

    async def open_doors(self, pid: int, doors: Doors) -> None:
        """Listen on the canary port inside the network of that process."""
        loop = asyncio.get_running_loop()
        await doors.open(await loop.run_in_executor(self._threads, node.doors_in, pid))  # type: ignore[arg-type]


class ObservedPod:
    """Watch until enough has happened; then judge."""

    def __init__(
        self, api: ApiServer, scanner: NodeScanner, web: aiohttp.ClientSession, gate: StartingGate, path: str
    ) -> None:
        self._api, self._scanner, self._web, self._gate, self._path = api, scanner, web, gate, path
        self._seen = Observation()
        self._began = time.monotonic()

    async def observe(self) -> Observation:
        """What was seen. The pod is still there afterwards."""
        seen = self._seen
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._open_doors()
                await self._follow()
        except TimeoutError:
            seen.problems.append(
                f"after {PATIENCE_S:g} s: {seen.evaluations} evaluations, {seen.faults or 'no faults'}"
            )
        await self._gate.all_watched()
        await asyncio.sleep(LINGER_S)
        await self._look_at_processes()
        await self._collect()
        await seen.doors.close()
        seen.problems += [f"a connection: {hit}" for hit in seen.doors.hits]
        seen.problems += evidence.log_problems(seen.supervisor_log)
        seen.problems += evidence.log_problems(seen.warden_log)
        seen.problems += evidence.metric_problems(seen.metrics)
        seen.ready_again_ms = evidence.ready_again_ms(seen.supervisor_log, seen.warden_log, seen.watched_until)
        return seen

    async def _open_doors(self) -> None:
        """As soon as the pod has a network, which is long before it has a worker."""
        while True:
            pod = await self._api.get(self._path)
            if pod is not None:
                self._seen.pod = pod
                sandbox = node.sandbox_process(self._scanner.look().get(pod["metadata"]["uid"], []))
                if sandbox is not None:
                    await self._scanner.open_doors(sandbox, self._seen.doors)
                    return
            await asyncio.sleep(0.1)

    async def _follow(self) -> None:
        """By its metrics, as Prometheus would."""
        seen, address = self._seen, None
        while True:
            if address is None:
                pod = await self._api.get(self._path)
                address = pod["status"].get("podIP") if pod else None
            elif await self._enough(address):
                return
            await asyncio.sleep(LOOK_EVERY_S)
            if not seen.evaluations and not seen.faults:
                seen.started_s = time.monotonic() - self._began

    async def _enough(self, address: str) -> bool:
        seen = self._seen
        try:
            async with self._web.get(f"http://{address}:{SUPERVISOR_HTTP_PORT}/metrics") as answer:
                seen.metrics = await answer.text()
        except (aiohttp.ClientError, TimeoutError):
            return False
        seen.evaluations = int(evidence.counter(seen.metrics, "runner_evaluations"))
        seen.faults = evidence.faults(seen.metrics)
        return (
            seen.evaluations >= ENOUGH_EVALUATIONS
            or evidence.counter(seen.metrics, "runner_strategy_faults") >= ENOUGH_FAULTS
        )

    async def _look_at_processes(self) -> None:
        """Again where something looks wrong: a worker that is being replaced is two for a moment, or gone."""
        uid = self._seen.pod.get("metadata", {}).get("uid", "")
        for _ in range(5):
            pids = self._scanner.look(max_age_s=0).get(uid, [])
            left = node.left_over(pids)
            try:
                self._seen.problems += [f"a file: {path}" for path in node.written_files(self._containers(pids))]
            except (FileNotFoundError, ProcessLookupError) as error:
                left.append(f"a process ended while it was looked at: {error}")
            if not left:
                return
            await asyncio.sleep(0.2)
        self._seen.problems += left

    @staticmethod
    def _containers(pids: list[int]) -> list[int]:
        """One process of each container."""
        return [pid for pid in pids if node.is_first_of_container(pid, pids)]

    async def _collect(self) -> None:
        seen = self._seen
        pod = await self._api.get(self._path)
        if pod is None:
            seen.problems.append("the pod is gone")
            return
        seen.pod = pod
        restarts = {item["name"]: item["restartCount"] for item in pod["status"].get("containerStatuses", ())}
        if restarts != {"supervisor": 0, "strategy": 0}:
            seen.problems.append(f"restarts: {restarts}")
        seen.watched_until = time.time()
        seen.supervisor_log = await self._api.text(f"{self._path}/log?container=supervisor")
        seen.warden_log = await self._api.text(f"{self._path}/log?container=strategy")
