"""Every condition the editor offers: interpreted, causal, the same after a kill, and true where its formula says so."""

import math
import random
from dataclasses import replace
from typing import Any

import pytest
from msgspec.structs import replace as with_changes

from strategy_code.workflow.condition_words import CONDITIONS, REFUSED_CONDITIONS, canonical_condition
from strategy_code.workflow.indicator_codes import INDICATOR_OUTPUTS, OF_PRICES, canonical_code
from strategy_contracts.bar import Bar
from strategy_sandbox.workflow.conditions import RULES
from strategy_sandbox.workflow.indicators import PriceBar, indicator_codes, open_indicator
from workflow_drawings import a_condition, a_drawing, a_node, a_source, an_action
from workflow_runs import MINUTE, T0, WorkflowWorker, bars_of

WORDS = [word for words in CONDITIONS.values() for word in words]
CORRELATED = ("correlation_strength", "correlation_divergence")


def drawing_of(word: str, **parameters: Any) -> dict[str, Any]:
    """The condition on closes; where it needs a second series, on that of an average."""
    if word in CORRELATED:
        average = a_node("i", "technicalIndicator", indicator="EMA", period=3)
        wires = "d>i d>c.data-input i>c.value-input c>a"
        return a_drawing(a_source(), average, a_condition("c", word, **parameters), an_action(), wires=wires)
    return a_drawing(a_source(), a_condition("c", word, **parameters), an_action(), wires="d>c c>a")


def candles(count: int = 420, seed: int = 3) -> list[Bar]:
    """Seeded, lively, with volume."""
    dice = random.Random(seed)
    found, close = [], 100.0
    for place in range(count):
        opened = close
        close = opened * (1 + dice.gauss(0.004 * math.sin(place / 17), 0.006))
        high, low = max(opened, close) * (1 + dice.random() / 300), min(opened, close) * (1 - dice.random() / 300)
        found.append(Bar(T0 + place * MINUTE, opened, high, low, close, dice.expovariate(1.0)))
    return found


LEVELS = {
    "crossover": {"value": 100},
    "crossunder": {"value": 100},
    "rsi_level_cross": {"value": 50},
    "stoch_level_cross": {"value": 50},
    "williams_r_cross": {"value": -50},
    "sideways": {"value": 2, "lookback": 5},
}
FAST = {"structureLookback": 60, "volatilityPeriod": 5, "correlationPeriod": 10, "higherTimeframe": "5m"}


def test_the_interpreter_knows_exactly_the_words_that_are_admitted() -> None:
    assert set(WORDS) == set(RULES)
    assert not set(WORDS) & set(REFUSED_CONDITIONS)


def test_the_analysis_knows_exactly_the_indicators_that_are_interpreted() -> None:
    assert {canonical_code(code) for code in indicator_codes()} == set(INDICATOR_OUTPUTS)
    for code, outputs in INDICATOR_OUTPUTS.items():
        assert open_indicator(code, {}).outputs == outputs


def test_an_indicator_that_reads_bars_alone_does_not_hear_another() -> None:
    bar = PriceBar(T0, 10.0, 12.0, 9.0, 11.0, 5.0)
    for code in indicator_codes():
        one, other = open_indicator(code, {}), open_indicator(code, {})
        deaf = True
        for place in range(120):
            moved = replace(bar, high=12.0 + place % 7, close=10.0 + place % 3, open_time_ms=T0 + place * MINUTE)
            heard = one.update(moved, 5.0 + place * 37 % 11), other.update(moved, 9.0 + place * 53 % 13)
            deaf = deaf and str(heard[0]) == str(heard[1])
        assert deaf is (canonical_code(code) in OF_PRICES), code


@pytest.mark.parametrize("word", WORDS)
def test_every_word_fires_on_lively_candles_and_survives_kills(word: str) -> None:
    series = candles()
    drawing = drawing_of(word, **FAST, **LEVELS.get(word, {}))
    undisturbed, disturbed = WorkflowWorker(drawing), WorkflowWorker(drawing)
    fired = []
    for place, bar in enumerate(series):
        answer = undisturbed.evaluate({"BTCUSDT": [bar]})
        assert disturbed.evaluate({"BTCUSDT": [bar]}) == answer
        if place % 97 == 0:
            disturbed.kill()
        fired.append(bool(answer))
    if word not in ALWAYS_OR_NEVER:
        assert any(fired), "never"
        assert not all(fired), "always"


ALWAYS_OR_NEVER = frozenset(
    {
        *("greater_than", "greater_equal", "less_than", "less_equal", "equal_to", "not_equal", "range"),
        *("outside_range", "absolute_change", "percentage_change", "standard_deviation_multiple"),
        *("weekly_monthly_bias", "head_shoulders", "inverse_head_shoulders"),
    }
)
"""On these candles and at these levels; most have a row in a table below."""


def fires(closes: list[float], word: str, **parameters: Any) -> list[int]:
    """Numbers of the bars at which it fires."""
    worker = WorkflowWorker(drawing_of(word, **parameters))
    return [place for place, _ in worker.signals(bars_of(closes))]


@pytest.mark.parametrize(
    ("word", "closes", "parameters", "expected"),
    [
        pytest.param("greater_than", [1, 2, 3], {"value": 2}, [2], id="above, not at"),
        pytest.param("greater_equal", [1, 2, 3], {"value": 2}, [1, 2], id="at or above"),
        pytest.param("less_than", [1, 2, 3], {"value": 2}, [0], id="below, not at"),
        pytest.param("less_equal", [1, 2, 3], {"value": 2}, [0, 1], id="at or below"),
        pytest.param("equal_to", [1, 2.0000000001, 3], {"value": 2}, [1], id="equal within rounding"),
        pytest.param("not_equal", [1, 2.0000000001, 3], {"value": 2}, [0, 2], id="not equal"),
        pytest.param("range", [1, 2, 3, 4], {"value": 2, "value2": 3}, [1, 2], id="bounds belong to the range"),
        pytest.param("outside_range", [1, 2, 3, 4], {"value": 3, "value2": 2}, [0, 3], id="bounds in any order"),
        pytest.param("crossover", [1, 2, 3, 2, 3], {"value": 2}, [2, 4], id="from at or below to above"),
        pytest.param("crossunder", [3, 2, 1, 3, 1], {"value": 2}, [2, 4], id="from at or above to below"),
        pytest.param("crossover", [1, 3, 4, 1, 3, 1], {"value": 2, "confirmationBars": 1}, [2], id="confirmed"),
        pytest.param("less_than", [1, 1, 3, 1, 1, 1], {"value": 2, "confirmationBars": 2}, [5], id="held for three"),
        pytest.param("percentage_change", [100, 104, 110], {}, [2], id="5 % by default, in either direction"),
        pytest.param("percentage_change", [100, 98, 99], {"value": -2}, [1], id="a drop is drawn with a minus"),
        pytest.param("rate_of_change", [100, 101, 103], {"value": 1.5}, [2], id="rate of change"),
        pytest.param("absolute_change", [100, 99, 102], {"value": 1}, [2], id="absolute change"),
        pytest.param("z_score", [1, 1, 1, 5], {"value": 1.5, "lookback": 4}, [3], id="z-score of four"),
        pytest.param("percentile_rank", [1, 2, 3, 9], {"value": 99, "lookback": 3}, [3], id="above all three before"),
        pytest.param("rising", [1, 2, 1, 3], {"lookback": 2}, [3], id="above two bars ago"),
        pytest.param("falling", [3, 2, 3, 1], {}, [1, 3], id="below the bar before"),
        pytest.param("sideways", [100, 100.2, 100.4, 103], {"lookback": 3}, [2], id="within 1 % of the mean"),
        pytest.param("trend_strength", [1, 2, 3, 2.9], {"lookback": 3, "trendStrength": "strong"}, [3], id="straight"),
        pytest.param("momentum_change", [1, 2, 3, 2, 1], {}, [3], id="the change turns its sign"),
        pytest.param("linear_regression_slope", [1, 2, 3, 1], {"lookback": 3, "value": 0.5}, [2], id="slope of three"),
        pytest.param("polynomial_trend", [4, 1, 0, 1], {"lookback": 3, "value": 1}, [3], id="end slope of a parabola"),
        pytest.param("trend_acceleration", [1, 2, 3, 4, 8], {"lookback": 2}, [4], id="further than before"),
        pytest.param("trend_exhaustion", [1, 4, 7, 8, 8.5], {"lookback": 2}, [4], id="not half as far"),
        pytest.param("breakout_up", [1, 2, 3, 3.4, 4.6], {"lookback": 3}, [4], id="above the highs of three bars"),
        pytest.param("breakout_down", [9, 8, 7, 6.6, 5], {"lookback": 3}, [4], id="below the lows of three bars"),
        pytest.param(
            "standard_deviation_multiple", [1, 1, 1, 5], {"value": 1.5, "lookback": 4}, [0, 1, 2, 3][3:], id="sigma"
        ),
        pytest.param("oversold", [*range(40, 20, -1)], {}, [*range(14, 20)], id="RSI(14) of closes at most 30"),
        pytest.param(
            "market_regime_change", [1.0] * 5 + [9.0] * 6 + [1.0], {"correlationPeriod": 10}, [11], id="average"
        ),
    ],
)
def test_a_word_means_its_formula(
    word: str, closes: list[float], parameters: dict[str, Any], expected: list[int]
) -> None:
    assert fires([float(close) for close in closes], word, **parameters) == expected


@pytest.mark.parametrize(
    ("word", "rows", "expected"),
    [
        pytest.param("hammer", [(10, 10.2, 8, 10.1)], [0], id="hammer: a long lower shadow"),
        pytest.param("doji", [(10, 11, 9, 10.1), (10, 11, 9, 10.5)], [0], id="doji: hardly a body"),
        pytest.param("engulfing_bullish", [(10, 10, 9, 9), (8.9, 11, 8.9, 10.5)], [1], id="bullish engulfing"),
        pytest.param("engulfing_bearish", [(9, 10, 9, 10), (10.1, 11, 8, 8.5)], [1], id="bearish engulfing"),
        pytest.param("morning_star", [(10, 10, 8, 8), (7.8, 8, 7, 7.9), (8, 9.6, 8, 9.5)], [2], id="morning star"),
        pytest.param("evening_star", [(8, 10, 8, 10), (10.2, 11, 10, 10.3), (10, 10, 8, 8.5)], [2], id="evening star"),
        pytest.param(
            "three_white_soldiers", [(8, 9, 8, 9), (8.5, 10, 8.5, 10), (9.5, 11, 9.5, 11)], [2], id="three soldiers"
        ),
        pytest.param("three_black_crows", [(9, 9, 8, 8), (8.5, 8.5, 7, 7), (7.5, 7.5, 6, 6)], [2], id="three crows"),
        pytest.param("fair_value_gap", [(9, 10, 9, 10), (10, 12, 10, 12), (12, 13, 11, 13)], [2], id="a gap of value"),
    ],
)
def test_a_candle_figure_means_its_formula(word: str, rows: list[tuple[float, ...]], expected: list[int]) -> None:
    series = [Bar(T0 + place * MINUTE, *map(float, row), 1.0) for place, row in enumerate(rows)]
    assert [place for place, _ in WorkflowWorker(drawing_of(word)).signals(series)] == expected


@pytest.mark.parametrize(
    ("written", "word"),
    [
        ("greater_than_equal", "greater_equal"),
        ("greater_or_equal", "greater_equal"),
        ("less_or_equal", "less_equal"),
        ("crosses_above", "crossover"),
        ("cross_below", "crossunder"),
        (">", "greater_than"),
        ("==", "equal_to"),
        ("Greater Than", "greater_than"),
        ("between", "range"),
        ("bullish_engulfing", "engulfing_bullish"),
    ],
)
def test_other_spellings_mean_the_same(written: str, word: str) -> None:
    assert canonical_condition(written) == word


def test_a_higher_timeframe_counts_only_whole_closed_bars() -> None:
    drawing = drawing_of("higher_timeframe_trend", higherTimeframe="5m")
    # The first five minutes begin in the middle: bars 3 to 7 and 8 to 12 are the first whole ones.
    closes = [50.0, 50.0, 50.0, *[10.0] * 5, *[20.0] * 5, 20.0]
    series = [with_changes(bar, open_time=bar.open_time + 2 * MINUTE) for bar in bars_of(closes)]
    assert [place for place, _ in WorkflowWorker(drawing).signals(series)] == [12, 13]
