"""A drawing's other data sources: asked for when due, seen as far as closed, waited for a little."""

from builders import T0, a_bar, a_bundle, a_runner_config
from in_process_sandbox import InProcessSandbox
from strategy_contracts.bar import Bar
from strategy_contracts.bundle import Subscription
from strategy_contracts.timeframe import Timeframe
from strategy_runner.errors import WorkerLost
from strategy_runner.journal import Journal
from strategy_runner.source_books import SourceBooks
from strategy_runner.strategy_session import StrategySession
from strategy_runner.windows import Windows

MINUTE = 60_000
FIVE = 5 * MINUTE


class Shelf:
    """Five-minute bars as far as they have been put there."""

    def __init__(self, count: int) -> None:
        self.bars = [a_bar(5 * place) for place in range(count)]
        self.asked: list[tuple[int, int]] = []
        self.closed = False

    async def history(self, symbol: str, from_ms: int, to_ms: int) -> list[Bar]:
        assert symbol == "ETHUSDT"
        self.asked.append((from_ms, to_ms))
        return [bar for bar in self.bars if from_ms <= bar.open_time < to_ms]

    async def close(self) -> None:
        self.closed = True


def books(shelf: Shelf, lookback: int = 3, wait_s: float = 1.0) -> SourceBooks:
    source = Subscription(source_node="d2", provider="mock", symbol="ETHUSDT", timeframe="5m", lookback=lookback)
    return SourceBooks([(source, shelf)], wait_s)


def opens(found: dict[str, list[Bar]]) -> list[int]:
    return [(bar.open_time - T0) // FIVE for bar in found.get("d2", [])]


async def test_nothing_is_lacking_where_nothing_is_drawn() -> None:
    assert not SourceBooks().lack(T0)
    assert SourceBooks().news(T0, {}) == {}


async def test_a_window_is_brought_and_then_only_what_is_new() -> None:
    shelf = Shelf(6)
    sources = books(shelf)
    await sources.bring(T0 + 25 * MINUTE, now=0.0)
    first = sources.news(T0 + 25 * MINUTE, {})
    assert opens(first) == [2, 3, 4]
    assert sources.news(T0 + 26 * MINUTE, {"d2": first["d2"][-1].open_time}) == {}
    assert not sources.lack(T0 + 29 * MINUTE)
    assert sources.lack(T0 + 30 * MINUTE)
    await sources.bring(T0 + 30 * MINUTE, now=0.0)
    assert shelf.asked[-1] == (T0 + 25 * MINUTE, T0 + 30 * MINUTE)
    assert opens(sources.news(T0 + 30 * MINUTE, {"d2": first["d2"][-1].open_time})) == [5]


async def test_no_bar_is_seen_before_it_has_closed() -> None:
    sources = books(Shelf(6))
    await sources.bring(T0 + 30 * MINUTE, now=0.0)
    assert opens(sources.news(T0 + 29 * MINUTE, {})) == [2, 3, 4]


async def test_a_bar_that_is_due_and_not_there_is_waited_for_a_little() -> None:
    shelf = Shelf(2)
    sources = books(shelf)
    await sources.bring(T0 + 15 * MINUTE, now=100.0)
    assert sources.lack(T0 + 15 * MINUTE)
    shelf.bars.append(a_bar(10))
    await sources.bring(T0 + 15 * MINUTE, now=100.5)
    assert not sources.lack(T0 + 15 * MINUTE)
    await sources.bring(T0 + 20 * MINUTE, now=200.0)
    assert sources.lack(T0 + 20 * MINUTE)
    await sources.bring(T0 + 20 * MINUTE, now=201.0)
    assert not sources.lack(T0 + 20 * MINUTE)


async def test_what_came_too_late_is_seen_the_next_time() -> None:
    shelf = Shelf(2)
    sources = books(shelf, wait_s=0.0)
    await sources.bring(T0 + 15 * MINUTE, now=0.0)
    shelf.bars += [a_bar(10), a_bar(15)]
    await sources.bring(T0 + 20 * MINUTE, now=0.0)
    assert opens(sources.news(T0 + 20 * MINUTE, {"d2": T0 + FIVE})) == [2, 3]


async def test_what_no_window_shows_is_forgotten() -> None:
    sources = books(Shelf(6))
    await sources.bring(T0 + 30 * MINUTE, now=0.0)
    sources.forget_before(T0 + 30 * MINUTE)
    assert opens(sources.news(T0 + 30 * MINUTE, {})) == [3, 4, 5]


async def test_a_bar_that_cannot_be_true_is_left_out() -> None:
    shelf = Shelf(2)
    shelf.bars.append(a_bar(10, high=1.0))
    sources = books(shelf, wait_s=0.0)
    await sources.bring(T0 + 15 * MINUTE, now=0.0)
    assert opens(sources.news(T0 + 15 * MINUTE, {})) == [0, 1]


async def test_closing_lets_go_of_all() -> None:
    shelf = Shelf(1)
    await books(shelf).close()
    assert shelf.closed


async def test_a_fresh_worker_is_given_whole_windows_of_every_source() -> None:
    sandbox, sources = InProcessSandbox(), books(Shelf(6))
    config = a_runner_config(lookback_bars=3)
    session = StrategySession(sandbox, a_bundle(), config, Journal(config), sources)
    windows = Windows(("BTCUSDT",), Timeframe.M1, 3, 100)
    for index in range(30):
        windows.add("BTCUSDT", a_bar(index))
    await sources.bring(T0 + 30 * MINUTE, now=0.0)
    await session.load()
    await session.evaluate(T0 + 26 * MINUTE, windows)
    await session.evaluate(T0 + 27 * MINUTE, windows)
    await session.evaluate(T0 + 30 * MINUTE, windows)
    sandbox.faults.append(WorkerLost("killed"))
    await session.evaluate(T0 + 30 * MINUTE, windows)
    assert [load.sources for load in sandbox.loads] == [sources.sources] * 2
    assert [opens(request.source_bars) for request in sandbox.requests] == [[2, 3, 4], [], [5], [], [3, 4, 5]]
