"""A drawing as a whole: undefined parts in logic, risk, several sources, timeframes, open and revised bars."""

import itertools
from typing import Any

import pytest
from msgspec.structs import replace

from strategy_contracts.bar import Bar
from strategy_contracts.bundle import Subscription
from strategy_sandbox.errors import StrategyBreaksContract
from strategy_sandbox.workflow.steps import FALSE, TRUE, UNKNOWN, LogicStep
from strategy_sandbox.workflow.tapes import Tape
from workflow_drawings import a_condition, a_dip, a_drawing, a_node, a_source, an_action
from workflow_runs import MINUTE, T0, WorkflowWorker, bars_of

CLOSE_ABOVE_2 = a_condition("c", "greater_than", value=2)


def signals(drawing: dict[str, Any], closes: list[float]) -> list[tuple[int, str]]:
    return WorkflowWorker(drawing).signals(bars_of([float(close) for close in closes]))


# --- logic ---------------------------------------------------------------------------------------


def truth(*values: float) -> list[Tape]:
    tapes = [Tape() for _ in values]
    for tape, value in zip(tapes, values, strict=True):
        tape.push(value)
    return tapes


def outcome(operation: str, *values: float) -> str:
    output = Tape()
    LogicStep("d", operation, truth(*values), output).run()
    return {TRUE: "true", FALSE: "false"}.get(output.newest, "unknown")


@pytest.mark.parametrize(
    ("operation", "values", "expected"),
    [
        ("and", (TRUE, TRUE, TRUE), "true"),
        ("and", (TRUE, FALSE, UNKNOWN), "false"),
        ("and", (TRUE, UNKNOWN), "unknown"),
        ("or", (FALSE, FALSE, FALSE), "false"),
        ("or", (TRUE, UNKNOWN), "true"),
        ("or", (FALSE, UNKNOWN), "unknown"),
        ("not", (TRUE,), "false"),
        ("not", (FALSE,), "true"),
        ("not", (UNKNOWN,), "unknown"),
        ("xor", (TRUE, TRUE, TRUE), "true"),
        ("xor", (TRUE, TRUE), "false"),
        ("xor", (TRUE, UNKNOWN), "unknown"),
    ],
)
def test_logic_is_three_valued(operation: str, values: tuple[float, ...], expected: str) -> None:
    assert all(outcome(operation, *order) == expected for order in itertools.permutations(values))


def test_not_of_what_is_undefined_is_no_signal() -> None:
    drawing = a_dip()
    drawing["nodes"].append(a_node("n", "logic", operation="NOT"))
    drawing["edges"][-1]["target"] = "n"
    drawing["edges"].append({"source": "n", "target": "a"})
    assert signals(drawing, [*range(1, 17)])[0] == (14, "BUY")


# --- actions and risk ------------------------------------------------------------------------------


def acting(action: str, **parameters: Any) -> dict[str, Any]:
    return a_drawing(a_source(), CLOSE_ABOVE_2, an_action("a", action, **parameters), wires="d>c c>a")


@pytest.mark.parametrize(
    ("action", "parameters", "expected"),
    [
        pytest.param("buy", {}, ("BUY", "MARKET", None, None, None), id="no levels where none are drawn"),
        pytest.param("buy", {"stop_loss": 2, "take_profit": 4}, ("BUY", "MARKET", None, 98.0, 104.0), id="long levels"),
        pytest.param("sell", {"stop_loss": 2, "take_profit": 4}, ("SELL", "MARKET", None, 102.0, 96.0), id="short"),
        pytest.param("sell", {"take_profit": 150}, ("SELL", "MARKET", None, None, None), id="no target below zero"),
        pytest.param("buy", {"stop_loss": 0}, ("BUY", "MARKET", None, None, None), id="zero is none"),
        pytest.param("buy_limit", {"price_offset": 1}, ("BUY", "LIMIT", 99.0, None, None), id="a limit waits below"),
        pytest.param("sell_limit", {"price_offset": 1}, ("SELL", "LIMIT", 101.0, None, None), id="or above"),
        pytest.param("buy_stop", {"price_offset": 1}, ("BUY", "STOP", 101.0, None, None), id="a stop does above"),
        pytest.param("sell_stop", {"price_offset": 1}, ("SELL", "STOP", 99.0, None, None), id="and for a sale"),
        pytest.param("buy", {"order_type": "stop_limit"}, ("BUY", "STOP_LIMIT", 100.0, None, None), id="as drawn"),
        pytest.param("close_long", {"stop_loss": 2}, ("CLOSE_LONG", "MARKET", None, None, None), id="close long"),
        pytest.param("close_short", {}, ("CLOSE_SHORT", "MARKET", None, None, None), id="close short"),
        pytest.param("take_profit", {}, ("CLOSE_ALL", "MARKET", None, None, None), id="taking profit closes"),
        pytest.param("stop_loss", {}, ("CLOSE_ALL", "MARKET", None, None, None), id="stopping a loss closes"),
        pytest.param("risk_off", {}, ("CLOSE_ALL", "MARKET", None, None, None), id="risk off closes"),
        pytest.param("emergency_exit", {"order_type": "limit"}, ("CLOSE_ALL", "MARKET", None, None, None), id="exit"),
    ],
)
def test_an_action_becomes_a_decision(action: str, parameters: dict[str, Any], expected: tuple[Any, ...]) -> None:
    (found,) = WorkflowWorker(acting(action, **parameters)).evaluate({"BTCUSDT": bars_of([100.0])})
    levels = (found.price_target, found.stop_loss, found.take_profit)
    rounded = tuple(None if level is None else round(level, 9) for level in levels)
    assert (found.action, found.order_type, *rounded) == expected
    assert found.quantity == parameters.get("quantity")


def test_an_order_that_a_signal_cannot_say_is_named_in_its_metadata() -> None:
    drawing = acting("buy", order_type="iceberg", time_in_force="GTD", quantity=3)
    (found,) = WorkflowWorker(drawing).evaluate({"BTCUSDT": bars_of([100.0])})
    assert (found.order_type, found.time_in_force, found.quantity) == ("MARKET", None, 3.0)
    assert found.metadata["drawn_order_type"] == "ICEBERG"
    assert found.metadata["drawn_time_in_force"] == "GTD"


def test_actions_of_one_bar_come_in_the_order_of_their_nodes() -> None:
    drawing = a_drawing(
        a_source(), CLOSE_ABOVE_2, an_action("z", "close_all"), an_action("a", "buy"), wires="d>c c>a c>z"
    )
    assert signals(drawing, [3]) == [(0, "CLOSE_ALL"), (0, "BUY")]


def test_an_action_says_its_level_at_every_bar() -> None:
    assert signals(acting("buy"), [1, 3, 3, 1, 3]) == [(1, "BUY"), (2, "BUY"), (4, "BUY")]


@pytest.mark.parametrize("wires", ["d>c d>r c>r.signal-input r>a", "d>c d>r c>a.signal-input r>a.risk-input"])
def test_risk_lets_a_signal_pass_on_calm_bars_only(wires: str) -> None:
    drawing = a_drawing(a_source(), CLOSE_ABOVE_2, a_node("r", "risk", maxLoss=5), an_action(), wires=wires)
    assert signals(drawing, [100, 104, 110, 105, 100]) == [(1, "BUY"), (3, "BUY"), (4, "BUY")]


# --- data: provisional, revised, late ----------------------------------------------------------------


def test_an_open_bar_is_seen_and_forgotten() -> None:
    worker = WorkflowWorker(a_drawing(a_source(), a_condition("c", "crossover", value=2), an_action(), wires="d>c c>a"))
    first, second = bars_of([1.0, 3.0])
    opened = replace(second, closed=False)
    assert not worker.evaluate({"BTCUSDT": [first]})
    before = str(worker.state())
    assert [item.action for item in worker.evaluate({"BTCUSDT": [opened]})] == ["BUY"]
    assert str(worker.state()) == before
    assert [item.action for item in worker.evaluate({"BTCUSDT": [replace(opened, close=4.0, high=4.5)]})] == ["BUY"]
    assert not worker.evaluate({"BTCUSDT": [replace(second, close=1.5)]})


def test_without_news_the_answer_is_the_same_again() -> None:
    worker = WorkflowWorker(acting("buy"))
    assert worker.evaluate({"BTCUSDT": bars_of([3.0])}) == worker.evaluate({})


@pytest.mark.parametrize("late", [False, True], ids=["revised", "late"])
def test_a_changed_past_is_the_past_that_counts(late: bool) -> None:
    closes = [100.0 + (place * 7) % 11 for place in range(60)]
    true_bars = bars_of(closes)
    wrong = true_bars[40]
    worker, right = WorkflowWorker(a_dip()), WorkflowWorker(a_dip())
    for place, bar in enumerate(true_bars[:50]):
        if place != 40:
            worker.evaluate({"BTCUSDT": [bar]})
        elif not late:
            worker.evaluate({"BTCUSDT": [replace(wrong, close=90.0, low=89.0)]})
        right.evaluate({"BTCUSDT": [bar]})
    amended = wrong if late else replace(wrong, revision=1)
    answers = worker.evaluate({"BTCUSDT": [amended, true_bars[50]]}), right.evaluate({"BTCUSDT": [true_bars[50]]})
    assert answers[0] == answers[1]
    worker.kill()
    for bar in true_bars[51:]:
        assert worker.evaluate({"BTCUSDT": [bar]}) == right.evaluate({"BTCUSDT": [bar]})
    assert _memory(worker) == _memory(right)


def _memory(worker: WorkflowWorker) -> str:
    """As text: undefined values differ from themselves."""
    return str({name: value for name, value in worker.state()["BTCUSDT"].items() if name != "revised"})


def test_a_revision_that_came_while_no_worker_lived_is_taken() -> None:
    bars = bars_of([100.0 + (place * 7) % 11 for place in range(60)])
    worker, right = WorkflowWorker(a_dip()), WorkflowWorker(a_dip())
    for place, bar in enumerate(bars[:50]):
        worker.evaluate({"BTCUSDT": [replace(bar, close=90.0, low=89.0) if place == 40 else bar]})
        right.evaluate({"BTCUSDT": [bar]})
    worker.kill()
    worker.evaluate({"BTCUSDT": [replace(bars[40], revision=1), bars[50]]})
    right.evaluate({"BTCUSDT": [bars[50]]})
    assert _memory(worker) == _memory(right)


def test_memory_of_another_plan_is_not_read() -> None:
    worker = WorkflowWorker(a_dip())
    bars = bars_of([100.0 + (place * 7) % 11 for place in range(30)])
    worker.evaluate({"BTCUSDT": bars[:29]})
    worker.adapter.carriers["workflow"]["BTCUSDT"]["tapes"].pop()
    worker.kill()
    undisturbed = WorkflowWorker(a_dip())
    undisturbed.evaluate({"BTCUSDT": bars[:29]})
    assert worker.evaluate({"BTCUSDT": [bars[29]]}) == undisturbed.evaluate({"BTCUSDT": [bars[29]]})


# --- several symbols, sources, timeframes ------------------------------------------------------------


def test_one_source_and_several_symbols_make_a_plan_each() -> None:
    worker = WorkflowWorker(acting("buy"), symbols=("AAA", "BBB"))
    found = worker.evaluate({"AAA": bars_of([1.0, 3.0]), "BBB": bars_of([3.0, 1.0])})
    assert [(item.symbol, item.action) for item in found] == [("AAA", "BUY")]


def versus(**second: Any) -> dict[str, Any]:
    """BTC above the other source's close: buy."""
    return a_drawing(
        a_source("d1"),
        a_source("d2", **({"symbol": "ETHUSDT"} | second)),
        a_condition("c", "crossover"),
        an_action(),
        wires="d1>c.data-input d2>c.value-input c>a",
    )


def test_two_symbols_of_one_grid_are_compared_at_the_same_close() -> None:
    worker = WorkflowWorker(versus(), symbols=("BTCUSDT", "ETHUSDT"))
    ours, theirs = bars_of([1.0, 3.0, 5.0, 5.0]), bars_of([2.0, 4.0, 4.0, 6.0])
    found = [
        [item.action for item in worker.evaluate({"BTCUSDT": [a], "ETHUSDT": [b]})]
        for a, b in zip(ours, theirs, strict=True)
    ]
    assert found == [[], [], ["BUY"], []]


HOURLY = Subscription(source_node="d2", provider="binance", symbol="ETHUSDT", timeframe="5m", lookback=50)


def test_a_slower_source_is_seen_as_far_as_its_bars_have_closed() -> None:
    worker = WorkflowWorker(versus(timeframe="5m"), sources=(HOURLY,))
    ours = bars_of([1.0, 1.0, 1.0, 1.0, 1.0, 3.0, 3.0])
    slow = bars_of([2.0], step_ms=5 * MINUTE)
    found = [[item.action for item in worker.evaluate({"BTCUSDT": [bar]})] for bar in ours[:4]]
    found.append([item.action for item in worker.evaluate({"BTCUSDT": [ours[4]], "d2": slow})])
    found += [[item.action for item in worker.evaluate({"BTCUSDT": [bar]})] for bar in ours[5:]]
    assert found == [[], [], [], [], [], ["BUY"], []]


def test_an_indicator_of_a_slower_source_counts_its_own_bars() -> None:
    average = a_node("i", "technicalIndicator", indicator="SMA", period=3)
    drawing = a_drawing(
        a_source("d1"),
        a_source("d2", symbol="ETHUSDT", timeframe="5m"),
        average,
        a_condition("c", "greater_than"),
        an_action(),
        wires="d1>c.data-input d2>i i>c.value-input c>a",
    )
    worker = WorkflowWorker(drawing, sources=(HOURLY,))
    slow = bars_of([2.0, 4.0, 6.0], step_ms=5 * MINUTE)
    fast = bars_of([4.5] * 15)
    answer = worker.evaluate({"BTCUSDT": fast, "d2": slow})
    assert [item.action for item in answer] == ["BUY"]
    assert not WorkflowWorker(drawing, sources=(HOURLY,)).evaluate({"BTCUSDT": fast, "d2": slow[:2]})


def test_a_higher_timeframe_folded_in_the_drawing() -> None:
    drawing = a_drawing(
        a_source(),
        a_node("m", "multiTimeframeAnalysis", timeframes="5m"),
        a_condition("c", "rising"),
        an_action(),
        wires="d>m m>c c>a",
    )
    closes = [*[1.0] * 5, *[2.0] * 5, *[1.5] * 5, 1.5]
    assert signals(drawing, closes) == [(place, "BUY") for place in range(9, 14)]


def test_regime_is_trend_or_volatile_or_sideways() -> None:
    def drawing(output: str) -> dict[str, Any]:
        node = a_node("m", "marketRegimeDetection", trendWindow=4, volatilityWindow=3)
        return a_drawing(a_source(), node, an_action(), wires=f"d>m m.{output}>a")

    closes = [100.0, 101, 100, 101, 100, 101, 100.5, 120, 119, 90, 91, 90.5, 91]
    found = {
        output: {place for place, _ in signals(drawing(f"{output}-output"), closes)}
        for output in ("trend", "volatile", "sideways")
    }
    assert found["trend"]
    assert found["volatile"]
    assert not found["sideways"] & (found["trend"] | found["volatile"])
    assert min(found["sideways"]) >= 5


def test_correlation_of_a_series_with_its_mirror_is_minus_one() -> None:
    mirrored = a_drawing(
        a_source("d1"),
        a_source("d2", symbol="ETHUSDT"),
        a_node("k", "correlationAnalysis", window=5),
        a_condition("c", "less_than", value=-0.99),
        an_action(),
        wires="d1>k d2>k k>c c>a",
    )
    worker = WorkflowWorker(mirrored, symbols=("BTCUSDT", "ETHUSDT"))
    ours = [100.0]
    theirs = [100.0]
    for place in range(8):
        change = 0.01 * (place % 3 - 1)
        ours.append(ours[-1] * (1 + change))
        theirs.append(theirs[-1] * (1 - change))
    found = [
        bool(worker.evaluate({"BTCUSDT": [a], "ETHUSDT": [b]}))
        for a, b in zip(bars_of(ours), bars_of(theirs), strict=True)
    ]
    assert found == [False] * 5 + [True] * 4


def test_sentiment_of_prices_is_that_of_their_changes() -> None:
    drawing = a_drawing(
        a_source(),
        a_node("s", "sentimentAnalysis", smoothing=2, threshold=0.5),
        an_action("a", "buy"),
        an_action("b", "sell"),
        wires="d>s s.positive-output>a s.negative-output>b",
    )
    assert signals(drawing, [100, 101, 102, 102, 101, 99]) == [(2, "BUY"), (5, "SELL")]


def test_bars_of_a_day_cannot_be_folded_to_hours() -> None:
    drawing = a_drawing(
        a_source(timeframe="1d"), a_condition("c", "higher_timeframe_trend"), an_action(), wires="d>c c>a"
    )
    with pytest.raises(StrategyBreaksContract, match=r'"c" .condition c.: bars of 1d cannot be folded to 1h'):
        WorkflowWorker(drawing, timeframe="1d")


def test_the_cost_of_a_bar_does_not_grow_with_history() -> None:
    worker = WorkflowWorker(a_dip(), lookback=50)
    sizes = []
    for bar in bars_of([100.0 + (place * 7) % 11 for place in range(600)]):
        worker.evaluate({"BTCUSDT": [bar]})
        sizes.append(len(str(_lengths(worker.state()))))
    assert len(set(sizes[20:])) == 1


def _lengths(value: Any) -> Any:
    if isinstance(value, list):
        return [_lengths(item) for item in value]
    return {name: _lengths(item) for name, item in value.items()} if isinstance(value, dict) else 0


def test_candles_of_an_earlier_day_are_no_part_of_a_fold_that_was_begun_midway() -> None:
    bar = Bar(T0, 1.0, 2.0, 0.5, 1.5, 1.0)
    drawing = a_drawing(
        a_source(),
        a_node("m", "multiTimeframeAnalysis", timeframes=["5m"]),
        a_condition("c", "greater_than", value=0),
        an_action(),
        wires="d>m m>c c>a",
    )
    worker = WorkflowWorker(drawing)
    late = [replace(bar, open_time=T0 + place * MINUTE) for place in range(2, 9)]
    assert not any(worker.evaluate({"BTCUSDT": [item]}) for item in late)
