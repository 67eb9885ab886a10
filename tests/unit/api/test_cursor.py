"""The cursor: a vector in, the same vector out, and nothing else is accepted."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategy_api.cursor import InvalidCursor, decode_cursor, encode_cursor, merged, reaches

vectors = st.dictionaries(st.integers(0, 500), st.integers(0, 2**53), max_size=60)


@given(vectors)
def test_a_cursor_comes_back_as_it_was(vector: dict[int, int]) -> None:
    assert decode_cursor(encode_cursor(vector)) == vector


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
