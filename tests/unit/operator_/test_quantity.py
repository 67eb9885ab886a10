"""Quantities of memory in bytes."""

import pytest

from strategy_operator.quantity import bytes_of


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        ("512Mi", 512 * 2**20),
        ("1Gi", 2**30),
        ("0.5Gi", 2**29),
        ("256M", 256_000_000),
        ("1000000000", 1_000_000_000),
        ("1e9", 1_000_000_000),
        ("1.5k", 1500),
        ("300000000500m", 300_000_001),
        ("2Ti", 2**41),
    ],
)
def test_bytes(quantity: str, expected: int) -> None:
    assert bytes_of(quantity) == expected
