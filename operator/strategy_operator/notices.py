"""From what happened to the keys in the queue, by way of the index; and the list that finds what no watch told."""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog

from strategy_operator.cluster import Cluster
from strategy_operator.errors import OperatorError
from strategy_operator.index import SourceRef, StrategyIndex, source_ref
from strategy_operator.names import Key
from strategy_operator.queue import WorkQueue

log = structlog.get_logger(__name__)

_SOON_SECONDS: Final = 0.0


class QueueNotices:
    """Puts the strategies concerned into the queue."""

    def __init__(self, queue: WorkQueue[Key], index: StrategyIndex) -> None:
        self._queue, self._index = queue, index

    async def strategy(self, key: Key, execution_id: str, ref: SourceRef | None) -> None:
        self._index.put(key, execution_id, ref)
        await self._queue.add(key)

    async def pod(self, key: Key) -> None:
        await self._queue.add(key)

    async def source(self, ref: SourceRef) -> None:
        for key in self._index.of_source(ref):
            await self._queue.add(key)

    def source_changed(self, ref: SourceRef) -> None:
        """The same from a caller that cannot wait for room in the queue."""
        for key in self._index.of_source(ref):
            self._queue.add_later(key, _SOON_SECONDS)

    def execution(self, execution_id: str) -> None:
        """A runner said something new; reports of runs that are none of ours concern nobody."""
        key = self._index.of_execution(execution_id)
        if key is not None:
            self._queue.add_later(key, _SOON_SECONDS)


async def resync(
    cluster: Cluster,
    namespaces: Sequence[str],
    queue: WorkQueue[Key],
    index: StrategyIndex,
    interval_s: float,
) -> None:
    """Every interval, look at everything there is and there was: kopf never tells of a deletion that it missed."""
    while True:
        await asyncio.sleep(interval_s)
        for namespace in namespaces:
            try:
                await look_at_all(cluster, namespace, queue, index)
            except OperatorError as error:
                log.warning("resync_postponed", namespace=namespace, reason=str(error))


async def first_look(
    cluster: Cluster, namespace: str, queue: WorkQueue[Key], index: StrategyIndex, retry_s: float
) -> None:
    """Look at all as soon as it can be done: the resource may be defined, or the right given, only later."""
    while True:
        try:
            await look_at_all(cluster, namespace, queue, index)
        except OperatorError as error:
            log.warning("strategies_unavailable", namespace=namespace, reason=str(error))
            await asyncio.sleep(retry_s)
        else:
            return


async def look_at_all(cluster: Cluster, namespace: str, queue: WorkQueue[Key], index: StrategyIndex) -> None:
    """Queue all strategies of a namespace, also those that are gone without a word."""
    gone = index.keys(namespace)
    async for strategy in cluster.list_strategies(namespace):
        metadata = strategy["metadata"]
        key = Key(namespace, metadata["name"])
        gone.discard(key)
        index.put(key, metadata["uid"], source_ref(strategy))
        await queue.add(key)
    for key in gone:
        await queue.add(key)
