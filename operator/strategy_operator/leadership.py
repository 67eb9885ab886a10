"""What the leader does, all at once: watch, reconcile, follow reports and databases, make the topics, list.

Any part that ends ends the whole: the process exits and another takes over. A standby does nothing of this.
"""

import asyncio
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from prometheus_client import Gauge

from strategy_operator.admission import Admission
from strategy_operator.cluster import KubernetesCluster
from strategy_operator.index import SourceRef, StrategyIndex
from strategy_operator.names import Key
from strategy_operator.notices import QueueNotices, first_look, resync
from strategy_operator.queue import WorkQueue
from strategy_operator.reconcile import Reconciler
from strategy_operator.run_reports import RunReports
from strategy_operator.settings import Settings
from strategy_operator.sources import Sources
from strategy_operator.tenancy import NamespacePolicy
from strategy_operator.watch import Watch
from strategy_operator.worker import work
from strategy_process.kafka_topics import TopicsUnavailable, ensure_topics
from strategy_process.kubernetes_api import KubernetesApi
from strategy_sources.ai_ml import AiMlDatabase
from strategy_sources.no_code import NoCodeDatabase
from strategy_sources.watched_database import WatchedDatabase

log = structlog.get_logger(__name__)

_QUEUED = Gauge("strategy_operator_queue_length", "Strategies that wait to be looked at")
_STRATEGIES = Gauge("strategy_operator_strategies", "TradingStrategies known")
_STUCK_SECONDS: Final = 120.0
_REPORTS_WAIT_SECONDS: Final = 5.0
_TOPICS_RETRY_SECONDS: Final = 5.0
_LIST_RETRY_SECONDS: Final = 5.0


class Leadership:
    """One term of office."""

    def __init__(self, settings: Settings, policies: dict[str, NamespacePolicy], api: KubernetesApi) -> None:
        self._settings, self._namespaces = settings, sorted(policies)
        self._queue: WorkQueue[Key] = WorkQueue(time.monotonic)
        self._index = StrategyIndex(self._unused)
        self._notices = QueueNotices(self._queue, self._index)
        self._watch = Watch(self._namespaces, self._notices)
        self._cluster = KubernetesCluster(api, settings.pod_name)
        self._reports = RunReports(settings.kafka_bootstrap_servers, _now, self._notices.execution)
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="admission")
        self._no_code, self._ai_ml = self._databases()
        sources = Sources(self._cluster, Admission(self._executor), policies, no_code=self._no_code, ai_ml=self._ai_ml)
        self._reconciler = Reconciler(
            cluster=self._cluster,
            sources=sources,
            newest_report=self._reports.newest,
            index=self._index,
            runner=settings.runner(),
            now=_now,
        )
        _QUEUED.set_function(lambda: len(self._queue))
        _STRATEGIES.set_function(lambda: len(self._index))

    def stuck(self) -> str | None:
        """Why the process should be restarted, if it should."""
        if self._queue.oldest_wait() > _STUCK_SECONDS:
            return f"a strategy has been waiting for {self._queue.oldest_wait():.0f} s"
        return None

    async def run(self) -> None:
        """Lead until cancelled; an error of any part is an error of the whole."""
        async with AsyncExitStack() as stack:
            stack.callback(self._executor.shutdown, wait=False, cancel_futures=True)
            parts: list[Coroutine[Any, Any, None]] = [self._reports.run(), self._make_topics(), self._follow()]
            for database in (self._no_code, self._ai_ml):
                if database is not None:
                    stack.push_async_callback(database.close)
                    parts.append(database.run())
            parts.append(self._reconcile())
            settings = self._settings
            parts.append(resync(self._cluster, self._namespaces, self._queue, self._index, settings.resync_seconds))
            async with asyncio.TaskGroup() as group:
                for part in parts:
                    group.create_task(part)

    async def _follow(self) -> None:
        # A list first: kopf looks for the resource once, at its start, and would never find one that comes later.
        for namespace in self._namespaces:
            await first_look(self._cluster, namespace, self._queue, self._index, _LIST_RETRY_SECONDS)
        await self._watch.run()

    async def _reconcile(self) -> None:
        # The newest reports first, or what runners said before this process started would be written as unknown.
        try:
            async with asyncio.timeout(_REPORTS_WAIT_SECONDS):
                await self._reports.caught_up.wait()
        except TimeoutError:
            log.warning("reports_missing", seconds=_REPORTS_WAIT_SECONDS)
        log.info("reconciling", namespaces=self._namespaces, workers=self._settings.workers)
        async with asyncio.TaskGroup() as group:
            for _ in range(self._settings.workers):
                group.create_task(work(self._queue, self._reconciler.reconcile))

    async def _make_topics(self) -> None:
        """Runners wait for their topics by themselves: Kafka away holds up nothing here."""
        while True:
            try:
                created = await ensure_topics(
                    self._settings.kafka_bootstrap_servers, replication_factor=self._settings.kafka_replication_factor
                )
            except TopicsUnavailable as error:
                log.warning("topics_unavailable", reason=str(error))
                await asyncio.sleep(_TOPICS_RETRY_SECONDS)
            else:
                log.info("topics_ready", created=created)
                return

    def _databases(self) -> tuple[WatchedDatabase | None, WatchedDatabase | None]:
        settings, changed = self._settings, self._notices.source_changed
        no_code = ai_ml = None
        if settings.no_code_database_url is not None:
            no_code = WatchedDatabase(
                NoCodeDatabase(settings.no_code_database_url.reveal()),
                "No-Code",
                settings.database_poll_seconds,
                lambda found: changed(SourceRef("noCode", found)),
            )
        if settings.ai_ml_database_url is not None:
            ai_ml = WatchedDatabase(
                AiMlDatabase(settings.ai_ml_database_url.reveal()),
                "AI/ML",
                settings.database_poll_seconds,
                lambda found: changed(SourceRef("aiMl", found)),
            )
        return no_code, ai_ml

    def _unused(self, ref: SourceRef) -> None:
        database = {"noCode": self._no_code, "aiMl": self._ai_ml}.get(ref.kind)
        if database is not None:
            database.forget(ref.id)


def _now() -> datetime:
    return datetime.now(UTC)
