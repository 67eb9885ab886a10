"""`make corpus`: every attack in real runner pods on the local cluster, with the static policy left out and with it.

Prints each case as it ends, and at the end the table by category. Exits 1 when anything happened that must not.
"""

import argparse
import asyncio
import fnmatch
import json
import os
import secrets
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from corpus import evidence, node
from corpus.api_server import ApiServer
from corpus.attacked_pods import (
    NormalPath,
    Surroundings,
    WithoutPolicy,
    all_at_once,
    close_namespace,
    open_namespace,
    plant,
    slow,
)
from corpus.canary import Doors, bound_sockets, new_secret
from corpus.cases import Case, honest_strategies, own_attacks, shared_attacks
from corpus.log_collector import LogCollector
from corpus.observed_pod import NodeScanner
from corpus.outcome import Outcome, quantiles, table
from corpus.starting_gate import StartingGate
from exchange.driver import TestExchange
from local_cluster.endpoints import Endpoints
from stack.product import RUNNER_IMAGE, TAG, Product

EXCHANGE = ("--port=18092", "--history=400", "--bars=20000", "--speed=120", "--update-ms=60000")
"""A bar closes every half second."""
RELEASE = "corpus"


def main() -> int:
    options = parse_arguments()
    endpoints = Endpoints.load()
    if endpoints is None or not endpoints.has_kubernetes:
        print("no local cluster: run `make cluster-up`", file=sys.stderr)
        return 1
    return asyncio.run(run(options, endpoints))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="*", help="a pattern of names, or of category/name")
    parser.add_argument("--passes", default="both", choices=("boundary", "path", "both"))
    parser.add_argument("--parallel", type=int, default=8, help="pods at once (default %(default)s)")
    parser.add_argument("--layers", help="install these layers of the box only, to see that the watchers see")
    parser.add_argument("--report", type=Path, help="also write every case as a line of JSON")
    return parser.parse_args()


async def run(options: argparse.Namespace, endpoints: Endpoints) -> int:
    cases = [case for case in [*own_attacks(), *shared_attacks(), *honest_strategies()] if wanted(case, options.only)]
    if not shared_attacks():
        print("the larger corpus is not at hand: the attacks of this repository alone")
    print(f"load {os.getloadavg()[0]:.1f} before the first pod")
    async with surroundings(endpoints) as (around, product):
        results = []
        if options.passes != "path":
            namespace = f"attacked-{secrets.token_hex(3)}"
            await open_namespace(around.api, namespace, product.strategies.namespace, around.secret, around.gate)
            try:
                passed = WithoutPolicy(around, namespace, f"{RUNNER_IMAGE}:{TAG}", options.layers)
                results.append(await one_pass("Static policy left out", passed.run, cases, around, options.parallel))
            finally:
                if not await close_namespace(around.api, namespace):
                    print("the namespace of the first pass is still being deleted: it will be in the second one's way")
        if options.passes != "boundary":
            await plant(around.api, product.strategies.namespace, around.secret, around.gate)
            normal = NormalPath(around, product.strategies.namespace)
            results.append(await one_pass("Normal path", normal.run, cases, around, options.parallel))
        outlived = await outliving(around)
    if options.report:
        write_report(options.report, [outcome for _, outcomes, _ in results for outcome in outcomes])
    return report(results, outlived)


def wanted(case: Case, pattern: str) -> bool:
    return fnmatch.fnmatch(case.name, pattern) or fnmatch.fnmatch(f"{case.category}/{case.name}", pattern)


@asynccontextmanager
async def surroundings(endpoints: Endpoints) -> AsyncIterator[tuple[Surroundings, Product]]:
    """An exchange whose clock runs, the product beside it, and everybody who watches."""
    async with TestExchange(*EXCHANGE, f"--host={endpoints.node_ip}") as exchange:
        binance = {"restUrl": exchange.url, "wsUrl": exchange.ws_url}
        product = await Product.install(endpoints, RELEASE, {"marketGateway": {"binance": binance}})
        try:
            timeout = aiohttp.ClientTimeout(total=3)
            async with (
                ApiServer(endpoints.kubeconfig) as api,
                aiohttp.ClientSession(timeout=timeout) as web,
                LogCollector(endpoints.kafka_bootstrap_servers) as log,
                StartingGate(await product.gateway_url(), endpoints.node_ip) as gate,
            ):
                yield Surroundings(api, web, NodeScanner(), log, new_secret(), set(), gate), product
        finally:
            await product.uninstall()


Pass = tuple[str, list[Outcome], float]


async def one_pass(
    title: str, run_case: Callable[[Case], object], cases: list[Case], around: Surroundings, parallel: int
) -> Pass:
    """All cases by one way; what is seen on the node counts against the pass."""
    print(f"\n{title}: {len(cases)} cases, {parallel} pods at once", flush=True)
    began, before = time.monotonic(), set(evidence.traces_on(Path("/")))
    doors = Doors()
    await doors.open(bound_sockets())

    def tell(done: int, outcome: Outcome) -> None:
        what = "FAILED" if outcome.failed else "refused" if outcome.refused else "contained"
        case = outcome.case
        print(f"[{done}/{len(cases)}] {case.category}/{case.name}: {what}, {outcome.verdict[:110]}", flush=True)
        for problem in outcome.problems:
            print(f"    {problem[:400]}", flush=True)

    outcomes = await all_at_once(run_case, cases, parallel, around.gate, tell)
    await doors.close()
    on_node = [f"a connection to the node: {hit}" for hit in doors.hits]
    on_node += [f"a file on the node: {path}" for path in set(evidence.traces_on(Path("/"))) - before]
    outcomes[-1].problems += on_node
    return title, outcomes, time.monotonic() - began


async def outliving(around: Surroundings) -> list[str]:
    """Processes of pods that have been deleted, once the kubelet had its time."""
    deadline = time.monotonic() + 60
    while True:
        left = {uid: pids for uid, pids in node.processes_by_pod().items() if uid in around.started}
        if not left or time.monotonic() > deadline:
            return [f"processes of pod {uid} are left: {pids}" for uid, pids in left.items()]
        await asyncio.sleep(1)


def report(results: list[Pass], outlived: list[str]) -> int:
    """Print the tables; the process's exit code."""
    failed = bool(outlived)
    for title, outcomes, took_s in results:
        print(f"\n{table(f'{title} ({took_s:.0f} s)', outcomes)}")
        waits = [wait for outcome in outcomes for wait in outcome.ready_again_ms]
        late = sum(len(slow(outcome)) for outcome in outcomes)
        print(f"ready for the next evaluation after each of the first three kills: {quantiles(waits)}")
        print(f"  of these later than {evidence.NEXT_WITHIN_MS:.0f} ms: {late}")
        print(f"next decision after a kill: {quantiles(w for o in outcomes for w in o.answered_after_ms)}")
        print(f"attacks whose own mark came out, with nothing secret in it: {sum(o.marked for o in outcomes)}")
        failed |= late > 0 or any(outcome.failed for outcome in outcomes)
    print(f"\nprocesses that outlived their pods: {len(outlived)}", *outlived, sep="\n")
    print(f"load {os.getloadavg()[0]:.1f} after the last pod; {'FAILED' if failed else 'held'}")
    return int(failed)


def write_report(path: Path, outcomes: list[Outcome]) -> None:
    with path.open("w", encoding="utf-8") as lines:
        for outcome in outcomes:
            record = {
                "case": f"{outcome.case.category}/{outcome.case.name}",
                "refused": outcome.refused,
                "verdict": outcome.verdict,
                "problems": outcome.problems,
                "ready_again_ms": outcome.ready_again_ms,
                "answered_after_ms": outcome.answered_after_ms,
                "started_s": outcome.started_s,
                "marked": outcome.marked,
                "log_tail": outcome.log_tail if outcome.failed or slow(outcome) else None,
            }
            lines.write(json.dumps(record) + "\n")


if __name__ == "__main__":
    sys.exit(main())
