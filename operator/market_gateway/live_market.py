"""Which series are live and for which channels: opens on first demand, closes what nobody wants any more.

The one place where providers, series and numbering meet. Runners name symbols as they like; every spelling of
one symbol is a channel of its own over the same series and the same numbers.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import structlog

from market_gateway import metrics
from market_gateway.bar_store import BarStore
from market_gateway.errors import BusUnavailable, ProviderUnavailable, SeriesRefused
from market_gateway.history import HistoryReader
from market_gateway.live_series import LiveSeries, RepairTimes
from market_gateway.provider import Provider, Receipt, Series, StreamUpdate
from market_gateway.publisher import Numbering, Publisher
from strategy_contracts.bar import Bar
from strategy_contracts.market_protocol import Channel, ChannelRefusal, ChannelSnapshot

log = structlog.get_logger(__name__)

CHECK_EVERY_S = 1.0
NewestEpoch = Callable[[list[str]], Awaitable[int]]


@dataclass(eq=False)
class _Line:
    """A live series with its numbering and the channels it is published on."""

    live: LiveSeries
    numbering: Numbering
    channels: dict[Channel, None] = field(default_factory=dict)


class LiveMarket:
    """All live series of all providers. Nothing is opened before `start`."""

    def __init__(
        self,
        providers: Mapping[str, Provider],
        refusals: Mapping[str, str],
        store: BarStore,
        history: HistoryReader,
        publisher: Publisher,
        *,
        newest_epoch: NewestEpoch,
        wall_ms: Callable[[], int],
        monotonic: Callable[[], float],
        times: RepairTimes,
    ) -> None:
        self._providers, self._refusals = providers, refusals
        self._store, self._history, self._publisher = store, history, publisher
        self._newest_epoch, self._wall_ms, self._monotonic, self._times = newest_epoch, wall_ms, monotonic, times
        self._lines: dict[Series, _Line] = {}
        self._by_channel: dict[Channel, _Line] = {}
        self._opening: dict[Series, asyncio.Lock] = {}
        self._tasks: asyncio.TaskGroup | None = None

    def start(self, tasks: asyncio.TaskGroup) -> None:
        """Stream every provider and watch over the series for as long as `tasks` run."""
        self._tasks = tasks
        for provider in self._providers.values():
            tasks.create_task(provider.stream(self))
        tasks.create_task(self._watch())

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(CHECK_EVERY_S)
            self._check()

    # What runners ask.

    async def snapshot(self, channel: Channel, lookback: int) -> ChannelSnapshot | ChannelRefusal:
        """The newest bars of a channel and the number its live messages continue from."""
        try:
            line = await self._open(channel)
            await self._history.ensure_newest(line.live.series, line.live.next_open, lookback)
        except SeriesRefused as error:
            return ChannelRefusal(
                channel=channel,
                reason=error.reason,
                message=error.message,
                nearest=error.nearest,
                permanent=error.permanent,
            )
        except (ProviderUnavailable, BusUnavailable) as error:
            return ChannelRefusal(channel=channel, reason="unavailable", message=str(error), permanent=False)
        # No await from here on: bars and number belong to the same moment.
        return ChannelSnapshot(
            channel=channel,
            epoch=line.numbering.epoch,
            seq=line.numbering.seq,
            bars=self._history.newest(line.live.series, line.live.next_open, lookback),
            server_time_ms=line.live.complete_to_ms,
        )

    async def bars(self, channel: Channel, from_ms: int, to_ms: int) -> tuple[list[Bar], int]:
        """Closed bars of any channel, live or not, and the exchange time they are complete to."""
        series = await self._series_of(channel)
        line = self._lines.get(series)
        if line is not None and line.live.expected_open is not None:
            to_ms = min(to_ms, line.live.expected_open)
            return await self._history.read(series, from_ms, to_ms), line.live.complete_to_ms
        server_time_ms = await self._providers[series.provider].server_time()
        return await self._history.read(series, from_ms, min(to_ms, server_time_ms)), server_time_ms

    # Opening and closing.

    def channels(self) -> set[Channel]:
        """The channels that are published now."""
        return set(self._by_channel)

    def blocked(self) -> dict[str, float]:
        """Providers that have told us to wait, with the seconds left."""
        limits = {name: provider.limits().blocked_for_s for name, provider in self._providers.items()}
        return {name: seconds for name, seconds in limits.items() if seconds > 0}

    async def close_unwanted(self, wanted: set[Channel]) -> None:
        """Stop what nobody wants."""
        for series, line in list(self._lines.items()):
            for channel in [channel for channel in line.channels if channel not in wanted]:
                del line.channels[channel], self._by_channel[channel]
            if not line.channels:
                del self._lines[series]
                self._opening.pop(series, None)
                self._providers[series.provider].unfollow(series)
                await line.live.close()
                metrics.SERIES.labels(series.provider).dec()
                log.info("series_closed", provider=series.provider, symbol=series.symbol, timeframe=series.timeframe)

    async def _series_of(self, channel: Channel) -> Series:
        """The series of a channel; one that is live is known without asking the provider."""
        line = self._by_channel.get(channel)
        if line is not None:
            return line.live.series
        name = channel.provider
        provider = self._providers.get(name)
        if provider is None:
            known = tuple(sorted(self._providers))
            message = self._refusals.get(name, f"there is no provider {name!r}; this gateway serves {', '.join(known)}")
            raise SeriesRefused("provider_refused", message, nearest=known)
        if channel.timeframe not in provider.timeframes:
            raise SeriesRefused("timeframe_refused", f"{name} has no bars of {channel.timeframe}")
        return Series(name, await provider.resolve(channel.symbol), channel.timeframe)

    async def _open(self, channel: Channel) -> _Line:
        """The channel's line, started; a renewal asks no provider anything."""
        series = await self._series_of(channel)
        async with self._opening.setdefault(series, asyncio.Lock()):
            line = self._lines.get(series)
            if line is None:
                line = await self._new_line(series, channel)
                self._lines[series] = line
                self._providers[series.provider].follow(series)
            # Before anything is awaited: a line without a channel is closed at the next sweep.
            line.channels[channel] = None
            self._by_channel[channel] = line
            if line.live.expected_open is None:
                line.live.start(await self._providers[series.provider].server_time())
            return line

    async def _new_line(self, series: Series, channel: Channel) -> _Line:
        assert self._tasks is not None
        newest = await self._newest_epoch([channel.redis_stream])
        numbering = Numbering(max(self._wall_ms(), newest + 1))
        channels: dict[Channel, None] = {}

        def announce(bar: Bar, event_time_ms: int, receipt: Receipt | None) -> None:
            self._publisher.announce(channels, numbering, bar, event_time_ms, receipt)

        live = LiveSeries(
            series,
            self._history,
            self._store,
            announce,
            spawn=self._tasks.create_task,
            monotonic=self._monotonic,
            times=self._times,
        )
        metrics.SERIES.labels(series.provider).inc()
        log.info("series_opened", provider=series.provider, symbol=series.symbol, timeframe=series.timeframe)
        return _Line(live, numbering, channels)

    # What providers say.

    def on_started(self, series: Series) -> None:
        line = self._lines.get(series)
        if line is not None:
            line.live.on_started(self._providers[series.provider].clock_ms())

    def on_update(self, series: Series, update: StreamUpdate) -> None:
        line = self._lines.get(series)
        if line is not None:
            line.live.on_update(update)

    def _check(self) -> None:
        for name, provider in self._providers.items():
            limits = provider.limits()
            metrics.WEIGHT_USED.labels(name).set(limits.used_ratio)
            metrics.BLOCKED.labels(name).set(limits.blocked_for_s)
        for line in self._lines.values():
            line.live.check(self._providers[line.live.series.provider].clock_ms())
