"""A run whose drawing has another data source: no evaluation without it, and the report says what is waited for."""

import pytest

from builders import T0, a_bar
from run_harness import Harness, caught_up, closed
from strategy_contracts.bar import Bar
from strategy_contracts.bundle import Subscription
from strategy_runner.errors import ChannelRefused, FeedUnavailable
from strategy_runner.run_state import Market
from strategy_runner.source_books import SourceBooks

MINUTE = 60_000


class Shelf:
    """Five-minute bars, or the reason why there are none."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.is_closed = False

    async def history(self, symbol: str, from_ms: int, to_ms: int) -> list[Bar]:
        if self.failure is not None:
            raise self.failure
        bars = [a_bar(5 * place) for place in range(-4, 4)]
        return [bar for bar in bars if from_ms <= bar.open_time < to_ms]

    async def close(self) -> None:
        self.is_closed = True


def books(shelf: Shelf) -> SourceBooks:
    source = Subscription(source_node="d2", provider="mock", symbol="ETHUSDT", timeframe="5m", lookback=3)
    return SourceBooks([(source, shelf)])


async def test_an_evaluation_carries_what_has_closed_by_its_time() -> None:
    shelf = Shelf()
    run = Harness(sources=books(shelf)).start()
    run.feed.put(*(closed(index) for index in range(3)), caught_up(3))
    await run.until_evaluated(2)
    run.feed.put(closed(3), closed(4))
    await run.until_evaluated(4)
    await run.end()
    opens = [
        [(bar.open_time - T0) // MINUTE for bar in request.source_bars.get("d2", [])]
        for request in run.sandbox.requests
    ]
    assert opens == [[-15, -10, -5], [], [0]]
    assert shelf.is_closed


@pytest.mark.parametrize(
    ("failure", "market"),
    [
        pytest.param(FeedUnavailable("the gateway is away"), Market.UNAVAILABLE, id="away"),
        pytest.param(ChannelRefused("no such symbol"), Market.REFUSED, id="refused"),
    ],
)
async def test_without_the_source_there_is_no_evaluation_and_the_report_says_why(
    failure: Exception, market: Market
) -> None:
    shelf = Shelf(failure)
    run = Harness(sources=books(shelf)).start()
    run.feed.put(*(closed(index) for index in range(3)), caught_up(3))
    await run.until(lambda: run.journal.state.market is market)
    assert run.journal.state.market_message == str(failure)
    assert run.evaluated == []
    shelf.failure = None
    await run.until_evaluated(2)
    assert run.journal.state.market is Market.LIVE
    await run.end()
