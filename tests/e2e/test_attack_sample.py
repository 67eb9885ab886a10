"""Attacks of every class in real runner pods with the static policy left out; `make corpus` runs all of them.

Other strategies of the same market must decide at every close meanwhile.
"""

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from corpus.api_server import ApiServer
from corpus.attacked_pods import Surroundings, WithoutPolicy, all_at_once, open_namespace
from corpus.canary import new_secret
from corpus.cases import own_attacks
from corpus.log_collector import LogCollector
from corpus.observed_pod import NodeScanner
from corpus.starting_gate import StartingGate
from local_cluster.endpoints import Endpoints
from stack.product import RUNNER_IMAGE, TAG
from stack.session import TradingSession

SAMPLE = {
    "channel_forged_answers",
    "cpu_catches_everything",
    "crash_null_pointer",
    "exception_text_that_raises",
    "file_read_passwords",
    "file_shared_memory",
    "finalizer_thread",
    "flood_fake_log_lines",
    "flood_print",
    "gadget_subclasses",
    "import_shadowed_module",
    "injection_symbol",
    "late_every_other_bar",
    "memory_bytes",
    "metaclass_hostile_text",
    "network_udp",
    "network_unix",
    "peek_strided",
    "pickle_returned_object",
    "proc_memory_of_parent",
    "process_fork",
    "process_kill_parent",
    "state_hostile_objects",
}
AT_ONCE = 8
BAR_EVERY_S = 0.5


async def test_attacks_of_every_class_are_contained_while_other_strategies_decide_at_every_close(
    session: TradingSession, endpoints: Endpoints
) -> None:
    attacks = [case for case in own_attacks() if case.name in SAMPLE]
    assert {case.category for case in attacks} == {case.category for case in own_attacks()}
    enough = asyncio.Event()
    market = asyncio.create_task(keep_trading(session, enough))
    try:
        async with surroundings(endpoints, session) as (around, namespace):
            attacked = WithoutPolicy(around, namespace, f"{RUNNER_IMAGE}:{TAG}")
            outcomes = await all_at_once(attacked.run, attacks, AT_ONCE, around.gate, lambda *_: None)
    finally:
        enough.set()
        await market
    assert {outcome.case.name: outcome.problems for outcome in outcomes if outcome.failed} == {}
    assert Counter(outcome.case.name for outcome in outcomes) == Counter(SAMPLE)
    # How soon is `make corpus`'s to say, on a machine that does nothing else.
    assert any(outcome.ready_again_ms for outcome in outcomes)
    await session.settle()


async def keep_trading(session: TradingSession, enough: asyncio.Event) -> None:
    """Bars close until it is enough."""
    while not enough.is_set():
        await session.advance(1, every_s=BAR_EVERY_S)


@asynccontextmanager
async def surroundings(endpoints: Endpoints, session: TradingSession) -> AsyncIterator[tuple[Surroundings, str]]:
    """A namespace of its own, without operator and with a secret, and everybody who watches."""
    namespace = f"attacked-{secrets.token_hex(3)}"
    async with (
        ApiServer(endpoints.kubeconfig) as api,
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=3)) as web,
        LogCollector(endpoints.kafka_bootstrap_servers) as log,
        StartingGate(await session.product.gateway_url(), endpoints.node_ip) as gate,
    ):
        around = Surroundings(api, web, NodeScanner(), log, new_secret(), set(), gate)
        await open_namespace(api, namespace, session.product.strategies.namespace, around.secret, gate)
        try:
            yield around, namespace
        finally:
            await api.delete(f"/api/v1/namespaces/{namespace}")
