"""Decisions about earlier bars, with and without what came later: what is reported, and what the check leaves alone."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest

from shape_samples import twin_bars
from strategy_code.look_ahead import TwoAnswers, find_difference, suspect_line
from strategy_contracts.worker_protocol import Candidate, LookAhead
from strategy_sandbox.adapters.decisions import About, read_signal_column
from strategy_sandbox.adapters.symbol_views import SymbolView
from strategy_sandbox.look_ahead import REMEMBERS, Budget, Comparison, spread, worth_asking
from strategy_sandbox.moment import Moment
from strategy_sandbox.windows import BarWindow

BARS = twin_bars(120)
Rule = Callable[[pd.DataFrame], object]


def moment() -> Moment:
    window = BarWindow(len(BARS))
    window.add(BARS)
    return Moment(time_ms=BARS[-1].open_time + 60_000, windows={"BTCUSDT": window}, news={})


@dataclass
class Strategy:
    """A rule that makes column `signal` out of a frame; `clock` moves on by `call_s` with each call."""

    rule: Rule
    call_s: float = 0.0
    clock: float = 0.0
    lengths: list[int] = field(default_factory=list)

    def answer(self, view: SymbolView) -> object:
        self.clock += self.call_s
        self.lengths.append(len(view.frame))
        frame = view.frame
        frame["signal"] = self.rule(frame)
        return frame

    def read(self, answer: object, about: About) -> list[Candidate]:
        return read_signal_column(answer, about, "the frame")


def compared(rule: Rule, code: str = "") -> LookAhead:
    return Comparison(Strategy(rule), {"main.py": code}, Budget(30.0)).run(moment())


def next_bar(df: pd.DataFrame) -> object:
    return (df["close"].shift(-1) > df["close"]).astype(int)


def filled_back(df: pd.DataFrame) -> object:
    return (df["close"] > df["close"].rolling(20).mean().bfill()).astype(int)


def normalised(df: pd.DataFrame) -> object:
    return (df["close"] > df["close"].mean() + df["close"].std()).astype(int)


def centred(df: pd.DataFrame) -> object:
    return (df["close"] > df["close"].rolling(5, center=True).mean()).astype(int)


def mean_of_past(df: pd.DataFrame) -> object:
    return np.sign(df["close"] - df["close"].rolling(20).mean()).fillna(0)


def exponential(df: pd.DataFrame) -> object:
    return (df["close"] > df["close"].ewm(span=9).mean()).astype(int)


def waiting(df: pd.DataFrame) -> object:
    return 0 if len(df) < 60 else exponential(df)


def raising(df: pd.DataFrame) -> object:
    df["close"].iloc[59]
    return exponential(df)


def undefined(df: pd.DataFrame) -> object:
    return np.sign(df["close"] - df["close"].rolling(20).mean())


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        pytest.param(next_bar, "", id="the next bar's close"),
        pytest.param(filled_back, "x = mean.bfill()", id="a mean filled backwards"),
        pytest.param(normalised, "", id="figures of the whole series"),
        pytest.param(centred, "", id="a window centred on the bar"),
    ],
)
def test_a_decision_that_needs_later_bars_is_reported_with_its_bar_and_both_values(rule: Rule, code: str) -> None:
    result = compared(rule, code)
    assert 0 < result.differing <= result.compared <= 32
    assert result.symbol == "BTCUSDT"
    place = next(number for number, bar in enumerate(BARS) if bar.open_time == result.open_time_ms)
    whole = moment().frames()["BTCUSDT"]
    before = whole.iloc[: place + 1].copy()
    words = {0: "nothing", 1: "BUY"}
    in_a_run, with_all = pd.Series(rule(before)).iloc[-1], pd.Series(rule(whole)).iloc[place]
    assert (result.known, result.whole) == (words[in_a_run], words[with_all])


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(mean_of_past, id="a mean of the past"),
        pytest.param(exponential, id="an exponential mean from the first bar on"),
        pytest.param(waiting, id="silent until there are enough bars"),
        pytest.param(raising, id="raises until there are enough bars"),
        pytest.param(undefined, id="undefined until there are enough bars"),
        pytest.param(lambda df: 0, id="never decides"),
    ],
)
def test_an_honest_strategy_is_not_reported(rule: Rule) -> None:
    result = compared(rule)
    assert (result.differing, result.compared, result.not_compared, result.state_changed) == (0, 32, None, False)


def test_waiting_for_bars_is_no_excuse_beside_a_line_that_fills_backwards() -> None:
    answers = [TwoAnswers(3, "nothing", "BUY"), TwoAnswers(9, "BUY", "BUY")]
    assert find_difference(answers, {"main.py": "x = 1"}) is None
    assert find_difference(answers, {"main.py": "x = y.bfill()"}) is not None
    assert find_difference([*answers, TwoAnswers(12, "nothing", "SELL")], {"main.py": "x = 1"}) is not None


@pytest.mark.parametrize(
    ("call_s", "most"),
    [
        pytest.param(0.3, 3, id="three calls of 0.3 s"),
        pytest.param(0.6, 1, id="one of 0.6 s: a second would not end in time"),
        pytest.param(0.0, 33, id="32 prefixes and the whole history when there is time"),
    ],
)
def test_the_check_stops_when_its_time_is_over(call_s: float, most: int) -> None:
    strategy = Strategy(exponential, call_s)
    budget = Budget(1.0, monotonic=lambda: strategy.clock)
    result = Comparison(strategy, {}, budget).run(moment())
    assert len(strategy.lengths) == most
    assert result == LookAhead(compared=most - 1)


def test_a_strategy_whose_evaluations_take_longer_is_not_asked() -> None:
    strategy = Strategy(next_bar)
    result = Comparison(strategy, {}, Budget(1.0, longest_s=1.5)).run(moment())
    assert (strategy.lengths, result) == ([], LookAhead(compared=0))


def test_one_that_remembers_is_left_alone_after_its_first_call() -> None:
    strategy = Strategy(next_bar)
    comparison = Comparison(strategy, {}, Budget(30.0), remembers=lambda: bool(strategy.lengths))
    assert comparison.run(moment()) == LookAhead(not_compared=REMEMBERS, state_changed=True)
    assert strategy.lengths == [len(BARS)]


def test_what_it_prints_and_raises_goes_nowhere(capsys: pytest.CaptureFixture[str]) -> None:
    def failing(df: pd.DataFrame) -> object:
        print("secret plans")
        raise ValueError("no")

    assert compared(failing) == LookAhead(not_compared="it raised on the whole history")
    assert capsys.readouterr() == ("", "")


def test_bars_where_it_acts_are_asked_about_first() -> None:
    decided = {place: "BUY" if place % 50 == 0 else "nothing" for place in range(200)}
    asked = worth_asking(decided, 8)
    assert set(asked[:8:2]) == {0, 50, 100, 150} and len(asked) == len(set(asked)) == 8
    assert worth_asking({1: "nothing", 2: "nothing"}, 8) == [1, 2]
    assert spread(range(100), 4) == [24, 49, 74, 99]


@pytest.mark.parametrize(
    ("code", "line"),
    [
        pytest.param("a = 1\nb = c.shift(-1)", 2, id="shift"),
        pytest.param("m = df['close'].mean()\nb = c.bfill()", 2, id="what is certain goes before what is likely"),
        pytest.param("a = 1\n\nz = df['close'].mean()", 3, id="a figure of the whole column"),
        pytest.param("n = df.iloc[i + 1]", 1, id="the next row by its number"),
        pytest.param("n = df['close'].rolling(5).mean()", None, id="none in an honest line"),
    ],
)
def test_the_line_that_is_named(code: str, line: int | None) -> None:
    assert suspect_line({"main.py": code}, "main.py") == (("main.py", line) if line else None)
