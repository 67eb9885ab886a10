"""Which signals are published: one table of single decisions, then what decisions do to each other."""

from decimal import Decimal
from typing import Any

import pytest

from builders import MINUTE, T0, a_signal
from strategy_contracts.bundle import Shape
from strategy_contracts.checkpoint import PaperAccount, Position, SymbolMemory
from strategy_contracts.runner_config import RepeatPolicy, SignalRules
from strategy_contracts.signal import Action, ExecutionParams, Signal
from strategy_runner.signal_rules import Ledger, Ruling, rule, rules_for

NOW = T0 + 10 * MINUTE
PRICES = {"BTCUSDT": Decimal(100), "ETHUSDT": Decimal(10)}
LONG = PaperAccount(cash="99000", positions={"BTCUSDT": Position(quantity="10", average_price="100")})


def remembered(action: Action | None = None, *, seconds_ago: float | None = None) -> dict[str, SymbolMemory]:
    published = None if seconds_ago is None else NOW - int(seconds_ago * 1000)
    return {"BTCUSDT": SymbolMemory(last_action=action, last_published_ms=published)}


def judge(*signals: Signal, ledger: Ledger | None = None, **rules: Any) -> Ruling:
    return rule(signals, SignalRules(**rules), ledger or Ledger(), NOW, PRICES)


def quantity(value: float) -> ExecutionParams:
    return ExecutionParams(quantity=value)


@pytest.mark.parametrize(
    ("signal", "rules", "ledger", "refusal"),
    [
        pytest.param({}, {}, {}, None, id="a purchase is published by default"),
        pytest.param({"action": Action.HOLD}, {}, {}, "hold", id="a hold is not"),
        pytest.param({"action": Action.HOLD}, {"emit_hold": True}, {}, None, id="unless holds are wanted"),
        pytest.param({"confidence": 0.59}, {"min_confidence": 0.6}, {}, "low_confidence", id="too little confidence"),
        pytest.param({"confidence": 0.6}, {"min_confidence": 0.6}, {}, None, id="just enough confidence"),
        pytest.param({"risk_score": 0.51}, {"max_risk_score": 0.5}, {}, "high_risk", id="too much risk"),
        pytest.param({"risk_score": 0.5}, {"max_risk_score": 0.5}, {}, None, id="just little enough risk"),
        pytest.param({}, {}, {"symbols": remembered(Action.BUY, seconds_ago=3600)}, "repeat", id="the same again"),
        pytest.param(
            {},
            {"repeat": RepeatPolicy.ALWAYS},
            {"symbols": remembered(Action.BUY, seconds_ago=3600)},
            None,
            id="the same again where repeats are wanted",
        ),
        pytest.param({}, {}, {"symbols": remembered(Action.SELL, seconds_ago=3600)}, None, id="another action"),
        pytest.param({}, {}, {"symbols": remembered(Action.SELL, seconds_ago=59.999)}, "cooldown", id="too soon"),
        pytest.param({}, {}, {"symbols": remembered(Action.SELL, seconds_ago=60)}, None, id="just not too soon"),
        pytest.param(
            {"action": Action.HOLD},
            {"emit_hold": True},
            {"symbols": remembered(Action.SELL, seconds_ago=1)},
            None,
            id="a hold needs no cooldown",
        ),
        pytest.param(
            {"symbol": "ETHUSDT"},
            {},
            {"symbols": remembered(Action.BUY, seconds_ago=1)},
            None,
            id="another symbol's signals do not matter",
        ),
        pytest.param({}, {"max_per_minute": 3}, {"rate_minute_ms": NOW, "rate_count": 3}, "rate", id="too many"),
        pytest.param(
            {}, {"max_per_minute": 3}, {"rate_minute_ms": NOW - MINUTE, "rate_count": 3}, None, id="a new minute"
        ),
        pytest.param(
            {"execution_params": quantity(101)},
            {"max_position_size": 0.1},
            {},
            "position_size",
            id="a position above its part of the account",
        ),
        pytest.param(
            {"execution_params": quantity(100)}, {"max_position_size": 0.1}, {}, None, id="a position of just its part"
        ),
        pytest.param(
            {"execution_params": quantity(1e9)}, {}, {}, None, id="by default the size of a position is not limited"
        ),
        pytest.param(
            {"action": Action.SELL, "execution_params": quantity(5)},
            {"max_position_size": 0.001},
            {"account": LONG},
            None,
            id="making a position smaller is always allowed",
        ),
        pytest.param(
            {},
            {"max_daily_loss": 0.05},
            {"account": PaperAccount(cash="95000", day_start_equity="100000")},
            "daily_loss",
            id="no more risk after the day's loss",
        ),
        pytest.param(
            {},
            {"max_daily_loss": 0.05},
            {"account": PaperAccount(cash="95000.01", day_start_equity="100000")},
            None,
            id="a loss just below the limit",
        ),
        pytest.param(
            {"action": Action.CLOSE_LONG},
            {"max_daily_loss": 0.05},
            {"account": PaperAccount(cash="1", positions=LONG.positions, day_start_equity="100000")},
            None,
            id="closing is allowed after the day's loss",
        ),
    ],
)
def test_one_signal(signal: dict[str, Any], rules: dict[str, Any], ledger: dict[str, Any], refusal: str | None) -> None:
    ruling = judge(a_signal(at_ms=NOW, **signal), ledger=Ledger(**ledger), **rules)
    assert ruling.refused == ({} if refusal is None else {refusal: 1})
    assert len(ruling.published) == (1 if refusal is None else 0)


def test_sequences_are_dense_over_what_is_published() -> None:
    ruling = judge(
        a_signal(symbol="BTCUSDT"),
        a_signal(symbol="ETHUSDT", confidence=0.1),
        a_signal(symbol="ETHUSDT", confidence=0.9),
        ledger=Ledger(sequence=7),
        min_confidence=0.5,
    )
    assert [signal.sequence for signal in ruling.published] == [8, 9]
    assert ruling.ledger.sequence == 9


def test_a_reversal_in_one_evaluation_is_not_cooled_down() -> None:
    ruling = judge(a_signal(action=Action.CLOSE_SHORT), a_signal(action=Action.BUY))
    assert [signal.action for signal in ruling.published] == [Action.CLOSE_SHORT, Action.BUY]


def test_the_same_twice_in_one_evaluation_is_a_repeat() -> None:
    assert judge(a_signal(), a_signal()).refused == {"repeat": 1}


def test_the_rate_counts_within_one_evaluation() -> None:
    ruling = judge(*(a_signal() for _ in range(5)), repeat=RepeatPolicy.ALWAYS, max_per_minute=2)
    assert ruling.refused == {"rate": 3}
    assert (ruling.ledger.rate_minute_ms, ruling.ledger.rate_count) == (NOW, 2)


def test_a_refused_signal_leaves_no_trace_but_its_count() -> None:
    before = Ledger(sequence=3, symbols=remembered(Action.SELL, seconds_ago=1), rate_minute_ms=NOW)
    assert judge(a_signal(), ledger=before).ledger == before


def test_a_published_signal_is_remembered() -> None:
    ruling = judge(a_signal(action=Action.SELL))
    assert ruling.ledger.symbols["BTCUSDT"] == SymbolMemory(last_action=Action.SELL, last_published_ms=NOW)


def test_a_published_hold_starts_no_cooldown() -> None:
    ruling = judge(a_signal(action=Action.HOLD), emit_hold=True)
    assert ruling.ledger.symbols["BTCUSDT"] == SymbolMemory(last_action=Action.HOLD)


def test_the_account_trades_at_the_market_and_not_at_the_strategys_price() -> None:
    ruling = judge(a_signal(execution_params=quantity(2), current_price=1.0))
    assert ruling.ledger.account.positions == {"BTCUSDT": Position(quantity="2", average_price="100")}


@pytest.mark.parametrize(
    ("shape", "given", "expected"),
    [
        pytest.param(Shape.FUNCTION, None, RepeatPolicy.ON_CHANGE, id="a function says what holds"),
        pytest.param(Shape.WORKFLOW, None, RepeatPolicy.ON_CHANGE, id="so does a drawing"),
        pytest.param(Shape.ON_BAR, None, RepeatPolicy.ALWAYS, id="an SDK strategy places orders"),
        pytest.param(Shape.ON_BAR_CONTEXT, RepeatPolicy.ON_CHANGE, RepeatPolicy.ON_CHANGE, id="what is said is said"),
    ],
)
def test_whether_actions_are_repeated_is_the_shapes_where_nothing_is_said(
    shape: Shape, given: RepeatPolicy | None, expected: RepeatPolicy
) -> None:
    assert rules_for(shape, SignalRules(repeat=given)).repeat is expected
