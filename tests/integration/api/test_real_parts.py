"""Kafka, PostgreSQL and the API server do what the parts in memory do."""

import asyncio
import os
import secrets
import subprocess
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from kubernetes.aio import client, config

from api_serving import now
from api_suites import WHOLE, ClusterSuite, LogSuite, LogUnderTest, StoreSuite, a_manifest, read_tail
from integration.log.private_broker import PrivateBroker
from integration.private_postgres import PrivatePostgres
from local_cluster.endpoints import Endpoints
from strategy_api.auth import Identity
from strategy_api.cluster import KubernetesCluster
from strategy_api.errors import DependencyUnavailable, InvalidRequest, Refused
from strategy_api.signal_feed import KafkaGroup, KafkaTail
from strategy_api.signal_store import PostgresStore
from strategy_api.start_request import StartRequest
from strategy_api.status_board import StatusBoard
from strategy_api.strategy_runs import StrategyRuns
from strategy_process.kubernetes_api import KubernetesApi

REPOSITORY = Path(__file__).parents[3]


class TestKafka(LogSuite):
    @pytest.fixture
    async def topic(self, broker: PrivateBroker) -> str:
        name = f"signals-{secrets.token_hex(4)}"
        admin = AIOKafkaAdminClient(bootstrap_servers=broker.servers)
        await admin.start()
        await admin.create_topics([NewTopic(name, num_partitions=3, replication_factor=1)])
        await admin.close()
        return name

    @pytest.fixture
    async def producer(self, broker: PrivateBroker) -> AsyncIterator[AIOKafkaProducer]:
        producer = AIOKafkaProducer(bootstrap_servers=broker.servers, transactional_id=secrets.token_hex(8))
        await producer.start()
        yield producer
        await producer.stop()

    @pytest.fixture
    def log(self, broker: PrivateBroker, topic: str, producer: AIOKafkaProducer) -> LogUnderTest:
        async def append(partition: int, value: bytes) -> None:
            async with producer.transaction():
                await producer.send_and_wait(topic, value, partition=partition)

        return LogUnderTest(
            append,
            lambda lookback: KafkaTail(broker.servers, topic, lookback),
            lambda group: KafkaGroup(broker.servers, topic, f"{topic}-{group}"),
        )

    async def test_what_was_not_committed_never_happened(
        self, broker: PrivateBroker, topic: str, log: LogUnderTest, producer: AIOKafkaProducer
    ) -> None:
        tail = KafkaTail(broker.servers, topic, WHOLE)
        try:
            await tail.start()
            await producer.begin_transaction()
            await producer.send_and_wait(topic, b"aborted", partition=0)
            await producer.abort_transaction()
            await producer.begin_transaction()
            await producer.send_and_wait(topic, b"open", partition=0)
            assert not (await tail.read()).records
            await producer.commit_transaction()
            (record,) = await read_tail(tail, 1)
            assert record.value == b"open"
        finally:
            await tail.close()

    async def test_aborted_ends_do_not_keep_it_from_being_caught_up(
        self, broker: PrivateBroker, topic: str, log: LogUnderTest, producer: AIOKafkaProducer
    ) -> None:
        await log.append(0, b"a")
        await producer.begin_transaction()
        await producer.send_and_wait(topic, b"aborted", partition=0)
        await producer.abort_transaction()
        tail = KafkaTail(broker.servers, topic, WHOLE)
        try:
            await tail.start()
            async with asyncio.timeout(10):
                while not (await tail.read()).caught_up:
                    pass
            assert await tail.lag() == 0
        finally:
            await tail.close()

    async def test_a_topic_that_comes_later_is_waited_for(self, broker: PrivateBroker) -> None:
        name = f"later-{secrets.token_hex(4)}"
        tail = KafkaTail(broker.servers, name, WHOLE)
        with pytest.raises(DependencyUnavailable):
            await tail.lag()
        starting = asyncio.create_task(tail.start())
        await asyncio.sleep(0.3)
        assert not starting.done()
        admin = AIOKafkaAdminClient(bootstrap_servers=broker.servers)
        await admin.start()
        await admin.create_topics([NewTopic(name, num_partitions=2, replication_factor=1)])
        await admin.close()
        start = await asyncio.wait_for(starting, 20)
        await tail.close()
        assert dict(start.floor) == {0: 0, 1: 0}


class TestPostgres(StoreSuite):
    @pytest.fixture
    async def store(self, postgres: PrivatePostgres, database: str) -> AsyncIterator[PostgresStore]:
        url = postgres.url(database).replace("postgresql://", "postgresql+asyncpg://")
        store = await PostgresStore.open(url)
        await store.prepare()
        yield store
        await store.close()

    async def test_before_it_is_prepared_it_is_unavailable(self, postgres: PrivatePostgres, database: str) -> None:
        store = await PostgresStore.open(postgres.url(database))
        with pytest.raises(DependencyUnavailable):
            await store.check()
        with pytest.raises(DependencyUnavailable):
            await store.count("42")
        await store.close()

    async def test_replicas_that_start_together_prepare_together(
        self, postgres: PrivatePostgres, database: str
    ) -> None:
        stores = [await PostgresStore.open(postgres.url(database)) for _ in range(4)]
        await asyncio.gather(*(store.prepare() for store in stores))
        await asyncio.gather(*(store.check() for store in stores))
        for store in stores:
            await store.close()

    @pytest.mark.parametrize(
        "url",
        [
            pytest.param("postgresql://strategy@127.0.0.1:1/signals", id="nobody listens"),
            pytest.param("postgresql://strategy@host.invalid:5432/signals", id="no such host"),
            pytest.param("{server}_missing", id="no such database"),
        ],
    )
    async def test_a_database_that_is_not_there(self, postgres: PrivatePostgres, database: str, url: str) -> None:
        store = await PostgresStore.open(url.format(server=postgres.url(database)))
        with pytest.raises(DependencyUnavailable):
            await store.prepare()
        await store.close()


@pytest.fixture(scope="module")
def endpoints() -> Endpoints:
    found = Endpoints.load()
    if found is None or not found.has_kubernetes:
        message = "no local cluster with Kubernetes: run `make cluster-up`"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    return found


@pytest.fixture(scope="module")
def kubectl(endpoints: Endpoints) -> list[str]:
    kubectl = [endpoints.kubectl, "--kubeconfig", endpoints.kubeconfig]
    crds = str(REPOSITORY / "crds")
    subprocess.run([*kubectl, "apply", "--server-side", "--force-conflicts", "-f", crds], check=True)
    crd = "crd/tradingstrategies.trading.alphintra.io"
    subprocess.run([*kubectl, "wait", "--for=condition=Established", crd, "--timeout=30s"], check=True)
    return kubectl


class TestKubernetes(ClusterSuite):
    @pytest.fixture
    def namespace(self, kubectl: list[str]) -> Iterator[str]:
        name = f"api-{secrets.token_hex(4)}"
        subprocess.run([*kubectl, "create", "namespace", name], check=True)
        yield name
        subprocess.run([*kubectl, "delete", "namespace", name, "--wait=false"], check=True)

    @pytest.fixture
    async def cluster(self, endpoints: Endpoints, namespace: str) -> AsyncIterator[KubernetesCluster]:
        configuration = client.Configuration()
        await config.load_kube_config(  # type: ignore[no-untyped-call]
            config_file=endpoints.kubeconfig, client_configuration=configuration
        )
        api = KubernetesApi(client.ApiClient(configuration))
        yield KubernetesCluster(api, namespace, (namespace,))
        await api.close()

    async def test_what_the_api_server_refuses_is_the_callers_to_correct(
        self, cluster: KubernetesCluster, namespace: str
    ) -> None:
        with pytest.raises(InvalidRequest, match=r"limits\.memory"):
            await cluster.create(a_manifest(namespace, limits={"memory": "1Mi"}))

    async def test_a_run_from_start_to_deletion(self, cluster: KubernetesCluster, namespace: str) -> None:
        """The CRD's defaults and the API server's versions do not stand in the way of the platform's words."""
        runs = StrategyRuns(cluster, StatusBoard(), namespace=namespace, clock=now)
        alice = Identity("42", "alice")
        strategy_id = str(uuid.uuid4())
        request = StartRequest(strategy_id=strategy_id, source="no_code", symbols=["BTCUSDT"], parameters={"a": 1})
        run = await runs.start(alice, request)
        assert (await runs.start(alice, request)).resource.execution_id == run.resource.execution_id
        with pytest.raises(Refused, match="already running"):
            await runs.start(alice, msgspec.structs.replace(request, parameters={"a": 1, "b": 2}))
        assert (await runs.stop(alice, strategy_id)).status == "paused"
        with pytest.raises(Refused, match="not running"):
            await runs.stop(alice, strategy_id)
        assert (await runs.start(alice, request)).resource.execution_id == run.resource.execution_id
        assert [found.strategy_id for found in await runs.list(alice)] == [strategy_id]
        assert await runs.list(Identity("7", "bob")) == []
        await runs.delete(alice, strategy_id)
        assert await runs.find(alice, strategy_id) is None
