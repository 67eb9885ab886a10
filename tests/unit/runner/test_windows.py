"""What a worker is sent must make its windows equal to what the supervisor believes they are."""

from hypothesis import given
from hypothesis import strategies as st

from builders import MINUTE, T0, a_bar
from strategy_contracts.bar import Bar
from strategy_contracts.timeframe import Timeframe
from strategy_runner.windows import Change, Hole, Mark, Windows

LOOKBACK = 5


def windows(*symbols: str, lookback: int = LOOKBACK, capacity: int = 100) -> Windows:
    return Windows(symbols or ("BTCUSDT",), Timeframe.M1, lookback, capacity)


def filled(*indices: int, lookback: int = LOOKBACK) -> Windows:
    result = windows(lookback=lookback)
    for index in indices:
        result.add("BTCUSDT", a_bar(index))
    return result


def opens(bars: list[Bar]) -> list[int]:
    return [(bar.open_time - T0) // MINUTE for bar in bars]


def test_a_bar_is_new_once() -> None:
    window = windows()
    assert window.add("BTCUSDT", a_bar(0)) is Change.NEW
    assert window.add("BTCUSDT", a_bar(0, close=101)) is Change.NOTHING


def test_a_higher_revision_replaces_the_bar() -> None:
    window = filled(0, 1)
    assert window.add("BTCUSDT", a_bar(0, close=101, revision=1)) is Change.REVISED
    assert window.full(T0 + 2 * MINUTE)["BTCUSDT"][0].close == 101
    assert window.input_revision(T0 + 2 * MINUTE) == 1


def test_a_revision_that_has_left_the_window_is_not_counted() -> None:
    window = filled(*range(10))
    window.add("BTCUSDT", a_bar(1, revision=3))
    assert window.input_revision(T0 + 10 * MINUTE) == 0


def test_a_window_shows_nothing_that_closes_later() -> None:
    window = filled(0, 1, 2, 3)
    assert opens(window.full(T0 + 2 * MINUTE)["BTCUSDT"]) == [0, 1]


def test_a_window_holds_the_newest_lookback_bars() -> None:
    assert opens(filled(*range(8)).full(T0 + 8 * MINUTE)["BTCUSDT"]) == [3, 4, 5, 6, 7]


def test_the_open_bar_is_shown_only_when_asked_for() -> None:
    window = filled(0, 1)
    assert window.add("BTCUSDT", a_bar(2, closed=False)) is Change.PROVISIONAL
    assert opens(window.full(T0 + 2 * MINUTE)["BTCUSDT"]) == [0, 1]
    assert opens(window.full(T0 + 2 * MINUTE, provisional=True)["BTCUSDT"]) == [0, 1, 2]


def test_a_provisional_bar_never_replaces_a_closed_one() -> None:
    window = filled(0, 1)
    assert window.add("BTCUSDT", a_bar(1, close=999, closed=False)) is Change.NOTHING


def test_a_closed_bar_ends_its_provisional_form() -> None:
    window = filled(0)
    window.add("BTCUSDT", a_bar(1, closed=False))
    window.add("BTCUSDT", a_bar(1))
    shown = window.full(T0 + 2 * MINUTE, provisional=True)["BTCUSDT"]
    assert [bar.closed for bar in shown] == [True, True]


def test_a_series_without_holes_has_none() -> None:
    assert filled(0, 1, 2).holes("BTCUSDT", T0 + 3 * MINUTE) == []


def test_holes_are_found_inside_and_at_the_end() -> None:
    window = filled(0, 3)
    assert window.holes("BTCUSDT", T0 + 6 * MINUTE) == [
        Hole(T0 + MINUTE, T0 + 3 * MINUTE),
        Hole(T0 + 4 * MINUTE, T0 + 6 * MINUTE),
    ]


def test_a_symbol_without_a_bar_misses_the_one_that_closes() -> None:
    assert windows().holes("BTCUSDT", T0 + MINUTE) == [Hole(T0, T0 + MINUTE)]


def test_a_hole_that_is_filled_is_none_any_more() -> None:
    window = filled(0, 2)
    assert window.holes("BTCUSDT", T0 + 3 * MINUTE)
    window.add("BTCUSDT", a_bar(1))
    assert window.holes("BTCUSDT", T0 + 3 * MINUTE) == []


def test_a_settled_hole_is_accepted() -> None:
    window = filled(0, 3)
    window.settle("BTCUSDT", T0 + 4 * MINUTE)
    assert window.holes("BTCUSDT", T0 + 4 * MINUTE) == []


def test_bars_before_the_first_one_are_no_hole() -> None:
    assert filled(5, 6).holes("BTCUSDT", T0 + 4 * MINUTE) == []


def test_months_have_no_holes_although_they_differ_in_length() -> None:
    window = Windows(("BTCUSDT",), Timeframe.MN1, 12)
    for opened in (1_672_531_200_000, 1_675_209_600_000, 1_677_628_800_000):  # January to March 2023
        window.add("BTCUSDT", a_bar(open_time=opened))
    assert window.holes("BTCUSDT", 1_680_307_200_000) == []


def test_forgetting_keeps_a_whole_window() -> None:
    window = filled(*range(20))
    window.forget_before(T0 + 10 * MINUTE)
    assert opens(window.full(T0 + 10 * MINUTE)["BTCUSDT"]) == [5, 6, 7, 8, 9]
    assert opens(window.full(T0 + 20 * MINUTE)["BTCUSDT"]) == [15, 16, 17, 18, 19]


def test_older_bars_can_be_put_in_front() -> None:
    window = filled(5, 6)
    window.extend_back("BTCUSDT", [a_bar(1), a_bar(2), a_bar(5, close=7)])
    assert opens(window.full(T0 + 7 * MINUTE)["BTCUSDT"]) == [1, 2, 5, 6]
    assert window.holes("BTCUSDT", T0 + 7 * MINUTE) == []


class Worker:
    """The other end: merges what it is sent and keeps the newest bars."""

    def __init__(self) -> None:
        self.bars: dict[str, dict[int, Bar]] = {"A": {}, "B": {}}

    def receive(self, news: dict[str, list[Bar]]) -> None:
        for symbol, bars in news.items():
            window = self.bars[symbol]
            window |= {bar.open_time: bar for bar in bars}
            for opened in sorted(window)[:-LOOKBACK]:
                del window[opened]

    def shown(self) -> dict[str, list[Bar]]:
        return {symbol: [window[opened] for opened in sorted(window)] for symbol, window in self.bars.items()}


arrivals = st.lists(
    st.one_of(
        st.tuples(st.sampled_from("AB"), st.integers(0, 30), st.integers(0, 2)),
        st.just("evaluate"),
    ),
    max_size=80,
)


@given(arrivals)
def test_a_worker_that_is_sent_the_news_shows_the_same_windows(events: list[tuple[str, int, int] | str]) -> None:
    """Whatever comes late, twice or revised, at evaluation times that rise."""
    window, worker = windows("A", "B"), Worker()
    mark: Mark | None = None
    time_ms = T0
    for event in events:
        if isinstance(event, tuple):
            symbol, index, revision = event
            window.add(symbol, a_bar(index, close=100 + revision, revision=revision))
            continue
        time_ms += 3 * MINUTE
        worker.receive(window.full(time_ms) if mark is None else window.news(time_ms, mark))
        mark = window.mark(time_ms)
        window.forget_before(time_ms)
        assert worker.shown() == window.full(time_ms)
