"""Which providers this gateway serves, and the sentence for those it does not."""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from market_gateway.provider import Provider
from market_gateway.providers.binance import open_binance, receive_now
from market_gateway.providers.mock import RandomWalk
from market_gateway.providers.replay import read_recording
from market_gateway.providers.simulated import SimulatedClock, SimulatedExchange
from strategy_process.settings import InvalidSettings

NOT_BUILT = "the {name} adapter is not built yet; choose binance, replay or mock"
REFUSALS: Mapping[str, str] = MappingProxyType(
    {
        "iex_cloud": "IEX Cloud was shut down on 2024-08-31 and its domain belongs to somebody else: "
        "no request is sent there; choose another provider",
        "massive": NOT_BUILT.format(name="massive"),
        "polygon": NOT_BUILT.format(name="massive (formerly polygon)"),
        "alpha_vantage": NOT_BUILT.format(name="alpha_vantage"),
        "yahoo_finance": NOT_BUILT.format(name="yahoo_finance"),
        "replay": "this gateway has no recordings to replay (REPLAY_FILES is not set)",
        "binance": "this gateway does not serve binance (see PROVIDERS)",
        "mock": "this gateway does not serve mock (see PROVIDERS)",
    }
)

Anchor = Callable[[str, int], Awaitable[int]]
"""(name, wall clock in ms) to the wall clock at which the simulated exchange of that name first started."""


@dataclass(frozen=True)
class ProviderSettings:
    """What the adapters need to know."""

    binance_rest_url: str
    binance_ws_url: str
    replay_files: tuple[str, ...]
    replay_speed: float
    replay_history_bars: int
    mock_seed: str
    mock_speed: float


async def open_provider(name: str, settings: ProviderSettings, anchor: Anchor) -> Provider | None:
    """The adapter; None for a known provider that has nothing to serve. InvalidSettings for an unknown name."""
    match name:
        case "binance":
            return open_binance(settings.binance_rest_url, settings.binance_ws_url)
        case "replay":
            return await _open_replay(settings, anchor) if settings.replay_files else None
        case "mock":
            return await _open_mock(settings, anchor)
    raise InvalidSettings(f"PROVIDERS: {REFUSALS.get(name, f'there is no provider {name!r}')}")


async def _open_replay(settings: ProviderSettings, anchor: Anchor) -> Provider:
    files = dict(entry.split("=", 1) for entry in settings.replay_files)
    recording = read_recording({symbol: Path(path) for symbol, path in files.items()})
    clock = SimulatedClock(
        origin_ms=recording.start_ms + settings.replay_history_bars * recording.step.length_ms,
        anchor_ms=await anchor("replay", _wall_ms()),
        speed=settings.replay_speed,
        end_ms=recording.end_ms,
        wall_ms=_wall_ms,
    )
    return SimulatedExchange("replay", recording, clock, receipt=receive_now)


async def _open_mock(settings: ProviderSettings, anchor: Anchor) -> Provider:
    anchor_ms = await anchor("mock", _wall_ms())
    clock = SimulatedClock(
        origin_ms=anchor_ms, anchor_ms=anchor_ms, speed=settings.mock_speed, end_ms=None, wall_ms=_wall_ms
    )
    return SimulatedExchange("mock", RandomWalk(settings.mock_seed), clock, receipt=receive_now)


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000
