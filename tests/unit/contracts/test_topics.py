"""Names on the log, and the partitioner that every client must agree with."""

import pytest
from aiokafka.partitioner import murmur2 as client_murmur2
from hypothesis import given
from hypothesis import strategies as st

from builders import a_signal
from strategy_contracts.topics import claim_key, murmur2, partition_of, signal_headers, signal_key


@given(st.binary(max_size=64))
def test_our_murmur2_is_the_clients(data: bytes) -> None:
    assert murmur2(data) == client_murmur2(data) & 0xFFFFFFFF


@pytest.mark.parametrize(
    ("data", "expected"),
    [pytest.param(b"21", -973932308, id="two bytes"), pytest.param(b"foobar", -790332482, id="six bytes")],
)
def test_murmur2_gives_kafkas_published_values(data: bytes, expected: int) -> None:
    assert murmur2(data) == expected & 0xFFFFFFFF


def test_a_claim_has_a_key_of_its_own_so_that_compaction_keeps_both() -> None:
    assert claim_key("x") != signal_key("x")


def test_every_partition_is_used_and_none_beyond() -> None:
    assert {partition_of(f"execution-{n}", 12) for n in range(500)} == set(range(12))


def test_headers_let_a_consumer_filter_without_decoding() -> None:
    headers = dict(signal_headers(a_signal()))
    assert headers["symbol"] == b"BTCUSDT"
    assert headers["owner"] == b"42"
    assert headers["schema-version"] == b"1"
