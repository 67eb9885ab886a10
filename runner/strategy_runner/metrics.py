"""Metrics of one runner. No strategy labels: the pod's own labels are attached when it is scraped."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class RunMetrics:
    """One registry per instance, so that a process (or a test) may have several."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        self.evaluations = Counter("runner_evaluations", "Committed evaluations.", registry=registry)
        self.signals = Counter("runner_signals_published", "Committed signals.", registry=registry)
        self.rejected = Counter(
            "runner_candidates_rejected", "Candidates the signal rules refused.", ["reason"], registry=registry
        )
        self.faults = Counter("runner_strategy_faults", "Faults of the strategy.", ["reason"], registry=registry)
        self.isolation = Gauge(
            "runner_isolation_layer", "1 for a layer of the worker's box that is on.", ["layer"], registry=registry
        )
        self.spawns = Counter("runner_worker_spawns", "Workers started.", registry=registry)
        self.exec_seconds = Histogram(
            "runner_strategy_exec_seconds",
            "One call of the strategy, with transport.",
            buckets=_SECONDS,
            registry=registry,
        )
        self.commit_seconds = Histogram(
            "runner_commit_seconds", "One transaction of signals and checkpoint.", buckets=_SECONDS, registry=registry
        )
        self.feed_to_commit_seconds = Histogram(
            "runner_feed_to_commit_seconds",
            "From the gateway's receipt of the closing bar to the commit; same machine only.",
            buckets=_SECONDS,
            registry=registry,
        )
        self.bars = Counter("runner_bars", "Bars received, by what they did.", ["change"], registry=registry)
        self.skipped = Counter(
            "runner_evaluations_skipped", "Evaluation times that were passed over.", ["reason"], registry=registry
        )
        self.log_losses = Counter("runner_log_unavailable", "Times the log was lost.", registry=registry)
        self.fenced = Counter("runner_fenced", "Times another process has opened the log.", registry=registry)
        self.data_age_seconds = Gauge(
            "runner_data_age_seconds", "Age of the oldest symbol's newest closed bar.", registry=registry
        )
        self.ready = Gauge("runner_ready", "1 while the run is Running.", registry=registry)
