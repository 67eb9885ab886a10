"""Symbols as people write them."""

import pytest

from market_gateway.symbols import compact, nearest

KNOWN = ("BTCUSDT", "BTCUSDC", "ETHUSDT", "ETHBTC", "SOLUSDT")


@pytest.mark.parametrize("written", ["BTCUSDT", "BTC/USDT", "BTC-USDT", "btc_usdt", "BTC USDT", "Btc:Usdt"])
def test_every_spelling_is_the_same_symbol(written: str) -> None:
    assert compact(written) == "BTCUSDT"


@pytest.mark.parametrize(
    ("written", "first"),
    [
        pytest.param("BTCUDST", "BTCUSDT", id="letters swapped"),
        pytest.param("BTC/USD", "BTCUSDT", id="another quote asset"),
        pytest.param("XETHUSDT", "ETHUSDT", id="a letter too many"),
    ],
)
def test_the_likeliest_symbol_comes_first(written: str, first: str) -> None:
    assert nearest(written, KNOWN)[0] == first


def test_nothing_is_near_to_nonsense() -> None:
    assert nearest("??", KNOWN) == ()
