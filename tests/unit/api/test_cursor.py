"""The cursor: a vector in, the same vector out, and nothing else is accepted."""

import re
from contextlib import suppress
from dataclasses import astuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategy_api.cursor import (
    InvalidCursor,
    decode_cursor,
    decode_list_cursor,
    encode_cursor,
    encode_list_cursor,
    merged,
    reaches,
)
from strategy_contracts.signal import StrategySource
from strategy_sources.listing import LONGEST_KEY, Order, Position, SortField

no_nul = re.compile("[^\0]*").fullmatch
vectors = st.dictionaries(st.integers(0, 500), st.integers(0, 2**53), max_size=60)


@given(vectors)
def test_a_cursor_comes_back_as_it_was(vector: dict[int, int]) -> None:
    assert decode_cursor(encode_cursor(vector)) == vector


places = st.builds(
    Position, st.text(max_size=LONGEST_KEY).filter(no_nul), st.sampled_from(StrategySource), st.text().filter(no_nul)
)


@given(st.builds(Order, st.sampled_from(SortField), st.booleans()), places)
def test_a_cursor_of_a_list_comes_back_as_it_was(order: Order, position: Position) -> None:
    assert decode_list_cursor(encode_list_cursor(order, position)) == (order, position)


def test_a_cursor_of_a_list_that_no_database_could_read_is_refused() -> None:
    for position in (Position("\0", StrategySource.NO_CODE, "x"), Position("x", StrategySource.NO_CODE, "\0")):
        with pytest.raises(InvalidCursor):
            decode_list_cursor(encode_list_cursor(Order(), position))


@given(st.builds(Order, st.sampled_from(SortField), st.booleans()), places, places)
def test_a_place_in_all_lists_is_the_same_place_in_each(order: Order, place: Position, other: Position) -> None:
    if other.strategy_id:
        mine = (other.key, other.strategy_id)
        assert order.comes_behind(mine, place.within(other.source)) == order.comes_behind(
            astuple(other), astuple(place)
        )


@given(st.text(max_size=200))
def test_any_text_is_a_cursor_or_refused(token: str) -> None:
    with suppress(InvalidCursor):
        assert all(offset >= 0 for offset in decode_cursor(token).values())


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("", id="nothing"),
        pytest.param("!!", id="no base64"),
        pytest.param("A" * 10_000, id="endless"),
        pytest.param("kgKB AAA", id="a space inside"),
        pytest.param("kgKBAAA", id="another version"),
        pytest.param("kgGBAP8", id="a negative offset"),
    ],
)
def test_foreign_tokens_are_refused(token: str) -> None:
    with pytest.raises(InvalidCursor):
        decode_cursor(token)


@pytest.mark.parametrize(
    ("vector", "target", "expected"),
    [
        pytest.param({0: 5}, {0: 5}, True, id="the same place"),
        pytest.param({0: 6}, {0: 5}, True, id="further on"),
        pytest.param({0: 6, 1: 0}, {0: 5, 1: 1}, False, id="behind in one partition"),
        pytest.param({0: 6}, {0: 5, 1: 1}, False, id="one partition is not known"),
        pytest.param({0: 6}, {0: 5, 1: 0}, True, id="the unknown partition is empty"),
    ],
)
def test_reaches(vector: dict[int, int], target: dict[int, int], expected: bool) -> None:
    assert reaches(vector, target) is expected


@given(vectors, vectors)
def test_merged_is_the_least_place_that_reaches_both(one: dict[int, int], other: dict[int, int]) -> None:
    both = merged(one, other)
    assert reaches(both, one)
    assert reaches(both, other)
    assert all(offset in {one.get(p), other.get(p)} for p, offset in both.items())
