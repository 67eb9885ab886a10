"""Chooses the parts of a run. One `match` each; clients of outside systems are imported only where chosen."""

import sys

from msgspec.structs import replace

from strategy_contracts.bundle import Bundle, Subscription
from strategy_contracts.run_market import other_sources
from strategy_contracts.runner_config import RunnerConfig
from strategy_contracts.timeframe import Timeframe
from strategy_process.settings import InvalidSettings
from strategy_runner.bar_feed import BarFeed
from strategy_runner.journal import Journal
from strategy_runner.schedule import Pacing
from strategy_runner.settings import RunnerSettings
from strategy_runner.signal_sinks import SignalSink
from strategy_runner.signal_sinks.log_observer import LogObserver
from strategy_runner.signal_sinks.memory_sink import MemorySink
from strategy_runner.signal_sinks.stdout_sink import StdoutSink
from strategy_runner.source_books import SourceBooks
from strategy_runner.status_reporter import MemoryStatusWriter, StatusWriter

REPLAY_PROVIDER = "replay"


def open_sink(settings: RunnerSettings, config: RunnerConfig, journal: Journal) -> SignalSink:
    """Where signals and checkpoints go; nothing is connected yet."""
    match settings.signal_sink:
        case "kafka":
            from strategy_runner.signal_sinks.kafka_sink import KafkaSink  # noqa: PLC0415 - only where chosen

            return KafkaSink(
                bootstrap_servers=_required(settings.kafka_bootstrap_servers, "KAFKA_BOOTSTRAP_SERVERS"),
                execution_id=config.execution_id,
                incarnation=config.incarnation,
                observer=_LogNotes(journal),
            )
        case "stdout":
            return StdoutSink(sys.stdout)
        case "memory":
            return MemorySink(config.incarnation)
    raise InvalidSettings(f"SIGNAL_SINK: {settings.signal_sink!r} is not one of kafka, stdout, memory")


def open_status_writer(settings: RunnerSettings) -> StatusWriter:
    """Where reports go: the log, where there is one."""
    if settings.signal_sink != "kafka":
        return MemoryStatusWriter()
    from strategy_runner.status_log import KafkaStatusWriter  # noqa: PLC0415 - only where chosen

    return KafkaStatusWriter(_required(settings.kafka_bootstrap_servers, "KAFKA_BOOTSTRAP_SERVERS"))


def open_feed(settings: RunnerSettings, config: RunnerConfig) -> BarFeed:
    """Where bars come from; nothing is connected yet."""
    match settings.bar_feed:
        case "gateway":
            from strategy_runner.bar_feed.gateway_feed import GatewayFeed  # noqa: PLC0415 - only where chosen

            return GatewayFeed(
                gateway_url=_required(settings.market_gateway_url, "MARKET_GATEWAY_URL"),
                redis_url=_required(settings.redis_url.reveal(), "REDIS_URL"),
                redis_prefix=settings.market_redis_prefix,
                execution_id=config.execution_id,
                provider=config.market_data.provider,
                symbols=config.symbols,
                timeframe=config.timeframe,
                lookback=config.lookback_bars,
            )
    raise InvalidSettings(f"BAR_FEED: {settings.bar_feed!r} is not gateway")


def open_sources(settings: RunnerSettings, config: RunnerConfig, bundle: Bundle) -> SourceBooks:
    """The drawing's data sources that have a grid of their own; none for code."""
    histories = [
        (source, open_feed(settings, _of_source(config, source))) for source in other_sources(bundle.subscriptions)
    ]
    wait_s = 0.0 if pacing_of(config) is Pacing.REPLAY else config.market_data.align_wait_seconds
    return SourceBooks(histories, wait_s)


def _of_source(config: RunnerConfig, source: Subscription) -> RunnerConfig:
    market = replace(config.market_data, provider=source.provider)
    return replace(config, symbols=(source.symbol,), timeframe=Timeframe(source.timeframe), market_data=market)


def pacing_of(config: RunnerConfig) -> Pacing:
    """A provider that plays files at its own speed is never late."""
    return Pacing.REPLAY if config.market_data.provider == REPLAY_PROVIDER else Pacing.LIVE


class _LogNotes(LogObserver):
    """What the log tells while it works, into the journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def waiting(self, offsets_behind: int) -> None:
        self._journal.log_waiting(offsets_behind)

    def lost(self, *, fenced: bool) -> None:
        if fenced:
            self._journal.metrics.fenced.inc()


def _required(value: str, variable: str) -> str:
    if not value:
        raise InvalidSettings(f"{variable} is not set")
    return value
