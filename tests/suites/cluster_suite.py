"""What the operator relies on in a cluster; the one in memory and the real one pass the same tests.

A subclass in a test file gives the fixtures `cluster` (a Cluster), `namespace`, and `make_strategy(name) -> object`.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from strategy_operator.announcements import Announcement
from strategy_operator.cluster import Cluster
from strategy_operator.errors import Conflict
from strategy_operator.names import Key

MakeStrategy = Callable[[str], Awaitable[dict[str, Any]]]
OTHER_UID = "00000000-1111-4222-8333-444455556666"


def a_pod(namespace: str, name: str = "one") -> dict[str, Any]:
    """A pod that PSS "restricted" admits."""
    context = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "runAsUser": 1000}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": {"incarnation": "1"}},
        "spec": {
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "terminationGracePeriodSeconds": 1,
            "containers": [{"name": "only", "image": "localhost/pause:1", "securityContext": context}],
        },
    }


def a_secret(namespace: str, content: str = "b25l") -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "bundle", "namespace": namespace},
        "immutable": True,
        "data": {"bundle.json": content},
    }


async def version(cluster: Cluster, key: Key) -> str:
    """The version of a strategy as it is now."""
    strategy = await cluster.strategy(key)
    assert strategy is not None
    return str(strategy["metadata"]["resourceVersion"])


class ClusterSuite:
    """Tests of a Cluster."""

    async def test_what_is_not_there_reads_as_none(self, cluster: Cluster, namespace: str) -> None:
        assert await cluster.strategy(Key(namespace, "none")) is None
        assert await cluster.pod(namespace, "none") is None
        assert await cluster.config_map(namespace, "none") is None

    async def test_a_name_of_a_pod_is_a_lock(self, cluster: Cluster, namespace: str) -> None:
        await cluster.create_pod(a_pod(namespace))
        with pytest.raises(Conflict):
            await cluster.create_pod(a_pod(namespace))

    async def test_only_that_very_pod_is_deleted(self, cluster: Cluster, namespace: str) -> None:
        await cluster.create_pod(a_pod(namespace))
        pod = await cluster.pod(namespace, "one")
        assert pod is not None
        with pytest.raises(Conflict):
            await cluster.delete_pod(namespace, "one", OTHER_UID)
        await cluster.delete_pod(namespace, "one", pod["metadata"]["uid"])
        left = await cluster.pod(namespace, "one")
        assert left is None or "deletionTimestamp" in left["metadata"]

    async def test_what_is_gone_may_be_deleted_again(self, cluster: Cluster, namespace: str) -> None:
        await cluster.delete_pod(namespace, "none", OTHER_UID)
        await cluster.delete_secret(namespace, "none")

    async def test_an_immutable_secret_keeps_its_first_content(self, cluster: Cluster, namespace: str) -> None:
        await cluster.apply_secret(a_secret(namespace))
        await cluster.apply_secret(a_secret(namespace))
        await cluster.apply_secret(a_secret(namespace, content="dHdv"))
        assert await self.secret_content(cluster, namespace) == "b25l"
        await cluster.delete_secret(namespace, "bundle")

    async def test_a_status_is_written_whole_and_leaves_the_spec(
        self, cluster: Cluster, namespace: str, make_strategy: MakeStrategy
    ) -> None:
        key, before = Key(namespace, "first"), await make_strategy("first")
        await cluster.apply_status(key, await version(cluster, key), {"phase": "Loading", "incarnation": 1})
        await cluster.apply_status(key, await version(cluster, key), {"phase": "Running"})
        after = await cluster.strategy(key)
        assert after is not None
        assert after["spec"] == before["spec"]
        assert after["metadata"]["generation"] == before["metadata"]["generation"]
        assert after["status"]["phase"] == "Running"
        assert "incarnation" not in after["status"]

    async def test_a_status_decided_on_an_older_version_is_refused(
        self, cluster: Cluster, namespace: str, make_strategy: MakeStrategy
    ) -> None:
        await make_strategy("first")
        key = Key(namespace, "first")
        read = await version(cluster, key)
        await cluster.apply_status(key, read, {"phase": "Loading"})
        with pytest.raises(Conflict):
            await cluster.apply_status(key, read, {"phase": "Running"})
        with pytest.raises(Conflict):
            await cluster.apply_status(Key(namespace, "gone"), read, {"phase": "Running"})

    async def test_a_list_finds_all(self, cluster: Cluster, namespace: str, make_strategy: MakeStrategy) -> None:
        for name in ("a", "b", "c"):
            await make_strategy(name)
        found = [item["metadata"]["name"] async for item in cluster.list_strategies(namespace)]
        assert sorted(found) == ["a", "b", "c"]

    async def test_an_announcement_is_taken(
        self, cluster: Cluster, namespace: str, make_strategy: MakeStrategy
    ) -> None:
        strategy = await make_strategy("first")
        announcement = Announcement("Warning", "Evicted", "The node was low on memory.", "Replace")
        await cluster.announce(strategy, announcement, "2026-03-01T12:00:00.000000Z", "first.0")

    async def test_a_second_announcement_of_one_name_is_refused(
        self, cluster: Cluster, namespace: str, make_strategy: MakeStrategy
    ) -> None:
        strategy = await make_strategy("first")
        announcement = Announcement("Warning", "Timeout", "main.py:3: too slow", "Run", once="timeout.491544")
        await cluster.announce(strategy, announcement, "2026-03-01T12:00:00.000000Z", "first.timeout.491544")
        with pytest.raises(Conflict):
            await cluster.announce(strategy, announcement, "2026-03-01T12:00:01.000000Z", "first.timeout.491544")

    async def secret_content(self, cluster: Cluster, namespace: str) -> str:
        """What the Secret holds: the operator has no right, and no method, to read it."""
        raise NotImplementedError
