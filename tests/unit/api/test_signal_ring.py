"""The ring: complete or silent, for a resuming client and for a page."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import a_signal
from strategy_api.published_signal import LogRecord, PublishedSignal, read_signal
from strategy_api.signal_filter import SignalFilter
from strategy_api.signal_ring import SignalRing
from strategy_contracts.signal import SignalEnvelope, encode_envelope

NOW = datetime(2026, 1, 1, tzinfo=UTC)
EVERYTHING = SignalFilter(owner=None)
_SIGNAL = a_signal()
_TEMPLATE = read_signal(
    LogRecord(0, 0, 1, 0, encode_envelope(SignalEnvelope(signal=_SIGNAL, timestamp=_SIGNAL.timestamp)))
)


def at(partition: int, offset: int, *, ms: int = 0, owner: str = "42", symbol: str = "BTCUSDT") -> PublishedSignal:
    return replace(
        _TEMPLATE,
        signal_id=f"{partition}/{offset}",
        owner=owner,
        symbol=symbol,
        partition=partition,
        offset=offset,
        next_offset=offset + 1,
        published_at_ms=ms or offset,
    )


def ring_of(*signals: PublishedSignal, capacity: int = 100, floor: dict[int, int] | None = None) -> SignalRing:
    ring = SignalRing(capacity)
    ring.start(floor or {0: 0, 1: 0}, since_ms=0)
    for signal in signals:
        ring.append(signal)
    return ring


def names(signals: list[PublishedSignal] | None) -> list[str] | None:
    return None if signals is None else [signal.signal_id for signal in signals]


@pytest.mark.parametrize(
    ("cursor", "missed"),
    [
        pytest.param({0: 0, 1: 0}, ["0/0", "1/0", "0/1", "1/1"], id="from the beginning"),
        pytest.param({0: 1, 1: 2}, ["0/1"], id="partitions have their own progress"),
        pytest.param({0: 2, 1: 2}, [], id="nothing missed"),
        pytest.param({0: 1}, ["1/0", "0/1", "1/1"], id="a partition the client never heard of"),
    ],
)
def test_what_a_client_missed(cursor: dict[int, int], missed: list[str]) -> None:
    assert names(ring_of(at(0, 0), at(1, 0), at(0, 1), at(1, 1)).after(cursor)) == missed


@pytest.mark.parametrize(
    ("cursor", "recovered"),
    [
        pytest.param({0: 2, 1: 0}, True, id="the dropped ones were seen"),
        pytest.param({0: 1, 1: 9}, False, id="a dropped one was not seen"),
    ],
)
def test_a_full_ring_forgets_the_oldest_and_knows_it(cursor: dict[int, int], recovered: bool) -> None:
    ring = ring_of(at(0, 0), at(0, 1), at(0, 2), at(0, 3), capacity=2)
    assert (ring.after(cursor) is not None) is recovered


def test_what_lies_before_the_start_is_not_claimed() -> None:
    assert ring_of(at(0, 7), floor={0: 7}).after({0: 6}) is None


def test_a_page_is_newest_first_by_publication_whatever_order_partitions_were_read_in() -> None:
    ring = ring_of(at(0, 0, ms=10), at(0, 1, ms=30), at(1, 0, ms=20), at(1, 1, ms=40))
    assert names(ring.newest(EVERYTHING, offset=0, limit=3, now=NOW)) == ["1/1", "0/1", "1/0"]
    assert names(ring.newest(EVERYTHING, offset=1, limit=2, now=NOW)) == ["0/1", "1/0"]


def test_a_page_is_of_the_owner_and_the_filter() -> None:
    ring = ring_of(at(0, 0), at(0, 1, owner="7"), at(0, 2, symbol="ethusdt"), at(0, 3))
    assert names(ring.newest(SignalFilter(owner="42"), offset=0, limit=3, now=NOW)) == ["0/3", "0/2", "0/0"]
    eth = SignalFilter(owner="42", symbols=frozenset({"ETHUSDT"}))
    assert names(ring.newest(eth, offset=0, limit=1, now=NOW)) == ["0/2"]


def test_a_page_that_may_reach_further_back_is_not_given() -> None:
    ring = ring_of(at(0, 0), at(0, 1), at(0, 2), capacity=2)
    assert names(ring.newest(EVERYTHING, offset=0, limit=2, now=NOW)) == ["0/2", "0/1"]
    assert ring.newest(EVERYTHING, offset=0, limit=3, now=NOW) is None
    assert ring.newest(EVERYTHING, offset=1, limit=2, now=NOW) is None


def test_what_was_published_before_the_start_time_may_have_neighbours_that_were_not_read() -> None:
    ring = SignalRing(10)
    ring.start({0: 5, 1: 0}, since_ms=100)
    ring.append(at(1, 0, ms=50))
    ring.append(at(0, 5, ms=150))
    assert names(ring.newest(EVERYTHING, offset=0, limit=1, now=NOW)) == ["0/5"]
    assert ring.newest(EVERYTHING, offset=0, limit=2, now=NOW) is None


def test_the_total_is_what_the_database_counted_plus_what_came_since() -> None:
    ring = ring_of(at(0, 0), at(0, 1), at(0, 2, owner="7"))
    assert ring.total("42") is None
    ring.count_from("42", 1, {0: 1})
    assert ring.total("42") == 2
    ring.append(at(1, 0))
    ring.append(at(1, 1, owner="7"))
    assert ring.total("42") == 3
    assert names(ring.newest(SignalFilter(owner="42"), offset=0, limit=100, now=NOW)) == ["0/1", "1/0", "0/0"]


@pytest.mark.parametrize(
    "stored_to",
    [
        pytest.param({0: 4}, id="the database is ahead of this replica"),
        pytest.param({0: 0}, id="the database is behind what is kept"),
    ],
)
def test_a_count_that_does_not_meet_the_ring_is_not_used(stored_to: dict[int, int]) -> None:
    ring = ring_of(at(0, 0), at(0, 1), at(0, 2), capacity=2)
    ring.count_from("42", 10, stored_to)
    assert ring.total("42") is None


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5), st.sampled_from(["42", "7"])), max_size=40))
def test_it_agrees_with_a_plain_list(published: list[tuple[int, int, str]]) -> None:
    """Whatever is published, pages and replays are those of the whole history, or are not given."""
    history: list[PublishedSignal] = []
    ring = SignalRing(8)
    ring.start({0: 0, 1: 0, 2: 0}, since_ms=0)
    for partition, ms, owner in published:
        offset = sum(signal.partition == partition for signal in history)
        signal = at(partition, offset, ms=ms + 1, owner=owner)
        history.append(signal)
        ring.append(signal)
    newest = sorted((s for s in history if s.owner == "42"), key=lambda s: s.order, reverse=True)
    page = ring.newest(SignalFilter(owner="42"), offset=1, limit=2, now=NOW)
    assert page is None or page == newest[1:3]
    for seen in range(3):
        cursor = dict.fromkeys(range(3), seen)
        missed = ring.after(cursor)
        assert missed is None or missed == [s for s in history if s.offset >= seen]
    assert all(ring.get(s.signal_id) in {None, s} for s in history)
