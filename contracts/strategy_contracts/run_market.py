"""The market of a run whose bundle names it: its subscriptions say what is followed bar by bar, and what beside it.

Subscriptions of the primary one's provider and timeframe are symbols of the run; the rest have grids of their own.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from strategy_contracts.bundle import Bundle, Subscription
from strategy_contracts.runner_config import RunnerConfig
from strategy_contracts.timeframe import Timeframe


def run_symbols(subscriptions: Sequence[Subscription]) -> tuple[str, ...]:
    """The symbols that the run follows, the primary ones first."""
    first = subscriptions[0]
    grid = (first.provider, first.timeframe)
    return tuple(dict.fromkeys(item.symbol for item in subscriptions if (item.provider, item.timeframe) == grid))


def other_sources(subscriptions: Sequence[Subscription]) -> tuple[Subscription, ...]:
    """The data sources that have a grid of their own."""
    grids = {(item.provider, item.timeframe) for item in subscriptions[:1]}
    return tuple(item for item in subscriptions if (item.provider, item.timeframe) not in grids)


def in_its_market(config: RunnerConfig, bundle: Bundle) -> RunnerConfig:
    """The config with the market that the bundle names, if it names one: it may be an older one than the spec."""
    if not bundle.subscriptions:
        return config
    first = bundle.subscriptions[0]
    return replace(
        config,
        symbols=run_symbols(bundle.subscriptions),
        timeframe=Timeframe(first.timeframe),
        market_data=replace(config.market_data, provider=first.provider),
    )
