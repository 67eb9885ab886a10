"""Which bars a drawing asks for, after what the resource says about symbols, timeframe and provider."""

from typing import Any

import pytest

from strategy_code.workflow import NoMarket, read_workflow, subscriptions_of
from strategy_contracts.bundle import Subscription
from strategy_contracts.run_market import other_sources, run_symbols
from strategy_contracts.timeframe import Timeframe
from workflow_drawings import a_condition, a_dip, a_drawing, a_source, an_action, text_of


def asked(drawing: dict[str, Any], **spec: Any) -> list[Subscription]:
    reading = read_workflow(text_of(drawing))
    assert reading.workflow is not None, reading.findings
    values: dict[str, Any] = {"symbols": None, "timeframe": None, "provider": "binance", "lookback": 200} | spec
    return subscriptions_of(reading.workflow, **values)


def two_sources(**second: Any) -> dict[str, Any]:
    return a_drawing(
        a_source("d1"),
        a_source("d2", **({"symbol": "ETHUSDT"} | second)),
        a_condition("c", "greater_than"),
        an_action(),
        wires="d1>c.data-input d2>c.value-input c>a",
    )


def test_the_source_is_the_primary_one() -> None:
    (found,) = asked(a_dip())
    assert (found.symbol, found.timeframe, found.provider, found.primary) == ("BTCUSDT", "1m", "binance", True)


def test_the_resource_replaces_symbol_and_timeframe_of_the_primary() -> None:
    found = asked(a_dip(), symbols=("AAA", "BBB"), timeframe=Timeframe.H1)
    assert [(item.symbol, item.timeframe, item.primary) for item in found] == [
        ("AAA", "1h", True),
        ("BBB", "1h", True),
    ]
    assert run_symbols(found) == ("AAA", "BBB")


def test_a_second_source_of_the_same_grid_is_a_symbol_of_the_run() -> None:
    found = asked(two_sources())
    assert run_symbols(found) == ("BTCUSDT", "ETHUSDT")
    assert other_sources(found) == ()


def test_a_source_of_another_timeframe_has_a_grid_of_its_own() -> None:
    found = asked(two_sources(timeframe="1h"))
    assert run_symbols(found) == ("BTCUSDT",)
    assert [(item.source_node, item.symbol, item.timeframe) for item in other_sources(found)] == [
        ("d2", "ETHUSDT", "1h")
    ]


def test_a_source_of_the_primarys_symbol_follows_it() -> None:
    found = asked(two_sources(symbol="BTCUSDT", timeframe="1h"), symbols=("XRPUSDT",))
    assert [item.symbol for item in found] == ["XRPUSDT", "XRPUSDT"]


def test_a_source_that_no_action_depends_on_is_not_asked_for() -> None:
    drawing = a_dip()
    drawing["nodes"].insert(0, a_source("unused", symbol="DOGEUSDT"))
    assert [item.symbol for item in asked(drawing)] == ["BTCUSDT"]


@pytest.mark.parametrize(
    ("drawing", "spec", "sentence"),
    [
        pytest.param(
            a_drawing(
                *(a_source(f"d{number}") for number in range(21)),
                *(a_condition(f"c{number}", value=1) for number in range(21)),
                *(an_action(f"a{number}") for number in range(21)),
                wires=" ".join(f"d{number}>c{number} c{number}>a{number}" for number in range(21)),
            ),
            {},
            "21 data sources; the limit is 20",
            id="too many data sources",
        ),
        pytest.param(
            two_sources(), {"symbols": ("A", "B")}, "spec.symbols can then name one symbol only", id="many and many"
        ),
        pytest.param(
            a_drawing(a_source(symbol="AAPL", assetClass="stocks"), a_condition(), an_action(), wires="d>c c>a"),
            {},
            '"d" (dataSource d) wants stocks, which binance does not have',
            id="stocks at a crypto exchange",
        ),
        pytest.param(
            a_drawing(
                a_source("d1"),
                a_source("d2", symbol="ETHUSDT", timeframe="1h"),
                a_condition("c1", value=1),
                a_condition("c2", value=1),
                an_action("a1"),
                an_action("a2"),
                wires="d1>c1 d2>c2 c1>a1 c2>a2",
            ),
            {},
            '"a2" (action a2) would trade ETHUSDT, whose bars are not those of 1m',
            id="a symbol that the run does not follow",
        ),
        pytest.param(
            a_drawing(a_source(timeframe="1d"), a_condition("c", "multi_tf_alignment"), an_action(), wires="d>c c>a"),
            {},
            "bars of 1d cannot be folded to 1h",
            id="a higher timeframe that is none",
        ),
        pytest.param(
            a_drawing(a_source(symbol=""), a_condition(), an_action(), wires="d>c c>a"),
            {},
            "names no symbol",
            id="no symbol",
        ),
        pytest.param(
            a_drawing(a_source(timeframe=""), a_condition(), an_action(), wires="d>c c>a"),
            {},
            "names no timeframe",
            id="no timeframe",
        ),
        pytest.param(
            a_drawing(a_source(symbol="../x"), a_condition(), an_action(), wires="d>c c>a"),
            {},
            "is not a symbol",
            id="no such symbol can be",
        ),
    ],
)
def test_bars_that_cannot_be_had_are_told(drawing: dict[str, Any], spec: dict[str, Any], sentence: str) -> None:
    with pytest.raises(NoMarket, match=sentence.replace("(", r"\(").replace(")", r"\)")):
        asked(drawing, **spec)


def test_stocks_go_to_the_provider_that_was_named() -> None:
    drawing = a_drawing(a_source(symbol="AAPL", assetClass="stocks"), a_condition(), an_action(), wires="d>c c>a")
    assert [item.provider for item in asked(drawing, provider="massive")] == ["massive"]
