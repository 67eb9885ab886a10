"""What is left out is filled and marked; what is wrong is refused with a sentence; ids are stable."""

import math
from typing import Any

import pytest

from builders import DIGEST, EXECUTION_ID, MINUTE, T0, a_bar, a_runner_config
from strategy_contracts.errors import ContractViolation
from strategy_contracts.runner_config import SignalRules
from strategy_contracts.signal import Action, OrderType, Signal, SignalStatus, TimeInForce, signal_id, utc
from strategy_contracts.timeframe import Timeframe
from strategy_contracts.worker_protocol import MAX_CANDIDATES, Candidate
from strategy_runner.signal_factory import Moment, SignalFactory

NOW = T0 + 20 * MINUTE
BARS = [a_bar(index, close=200.0) for index in range(20)]


def candidate(**fields: Any) -> Candidate:
    return Candidate(**({"symbol": "BTCUSDT", "action": "BUY"} | fields))


def moment(**fields: Any) -> Moment:
    return Moment(**({"time_ms": NOW, "generated_at": utc(NOW + 5), "bars": {"BTCUSDT": BARS}} | fields))


def signals(*candidates: Candidate, at: Moment | None = None, parameters: Any = None, **config: Any) -> list[Signal]:
    factory = SignalFactory(a_runner_config(**config), parameters or {})
    return factory.signals(candidates, at or moment())


def one(*, at: Moment | None = None, parameters: Any = None, rules: Any = None, **fields: Any) -> Signal:
    (signal,) = signals(candidate(**fields), at=at, parameters=parameters, signals=SignalRules(**(rules or {})))
    return signal


def test_what_is_left_out_is_filled_and_marked() -> None:
    signal = one()
    assert (signal.confidence, signal.execution_params.quantity, signal.current_price) == (1.0, 0.1, 200.0)
    assert signal.risk_score == pytest.approx(20 * 2 / 200)
    assert signal.metadata == {"confidence_source": "default", "quantity_source": "default", "risk_source": "atr"}


def test_what_is_given_is_taken_as_it_is() -> None:
    signal = one(
        action="SELL",
        confidence=0.25,
        quantity=3.5,
        price_target=210.0,
        stop_loss=190.0,
        take_profit=230.0,
        risk_score=0.75,
        current_price=201.5,
        order_type="LIMIT",
        time_in_force="IOC",
        metadata={"rsi": 27.5, "why": "oversold", "tags": ["a", 1, None, True]},
    )
    params = signal.execution_params
    assert (signal.action, signal.confidence, signal.risk_score) == (Action.SELL, 0.25, 0.75)
    assert (params.quantity, params.price_target, params.stop_loss, params.take_profit) == (3.5, 210.0, 190.0, 230.0)
    assert (params.order_type, params.time_in_force) == (OrderType.LIMIT, TimeInForce.IOC)
    assert signal.current_price == 201.5
    assert signal.metadata == {"rsi": 27.5, "why": "oversold", "tags": ["a", 1, None, True]}


def test_the_signal_says_where_it_comes_from() -> None:
    signal = one(at=moment(input_revision=2))
    assert (signal.timestamp, signal.evaluation_time, signal.generated_at) == (utc(NOW), utc(NOW), utc(NOW + 5))
    assert (signal.execution_id, signal.bundle_digest, signal.incarnation) == (EXECUTION_ID, DIGEST, 1)
    assert (signal.exchange, signal.input_revision, signal.status) == ("binance", 2, SignalStatus.ACTIVE)


def test_equal_actions_of_a_symbol_are_told_apart_by_their_order() -> None:
    found = signals(candidate(), candidate(action="SELL"), candidate())
    assert [signal.signal_id for signal in found] == [
        signal_id(
            execution_id=EXECUTION_ID,
            bundle_digest=DIGEST,
            symbol="BTCUSDT",
            timeframe=Timeframe.M1,
            evaluation_time_ms=NOW,
            action=action,
            ordinal=ordinal,
        )
        for action, ordinal in ((Action.BUY, 0), (Action.SELL, 0), (Action.BUY, 1))
    ]


@pytest.mark.parametrize(
    ("parameters", "quantity"),
    [
        pytest.param({"quantity": 2}, 2.0, id="a parameter called quantity is the default"),
        pytest.param({"quantity": "2"}, 0.1, id="a text is not"),
        pytest.param({"quantity": True}, 0.1, id="nor a truth value"),
        pytest.param({"quantity": -1}, 0.1, id="nor what cannot be a quantity"),
        pytest.param({"quantity": math.nan}, 0.1, id="nor nothing at all"),
    ],
)
def test_the_default_quantity(parameters: dict[str, Any], quantity: float) -> None:
    assert one(parameters=parameters).execution_params.quantity == quantity


@pytest.mark.parametrize(
    ("fields", "stop", "target"),
    [
        pytest.param({}, 196.0, 220.0, id="a purchase has its stop below"),
        pytest.param({"action": "SELL"}, 204.0, 180.0, id="a sale has its stop above"),
        pytest.param({"action": "CLOSE_ALL"}, None, None, id="closing needs neither"),
        pytest.param({"stop_loss": 150.0}, 150.0, 220.0, id="the strategy's own stop stays"),
        pytest.param({"current_price": 100.0}, 98.0, 110.0, id="they are measured from the strategy's price"),
    ],
)
def test_default_stops_and_targets(fields: dict[str, Any], stop: float | None, target: float | None) -> None:
    params = one(rules={"stop_loss_percentage": 0.02, "take_profit_percentage": 0.1}, **fields).execution_params
    assert params.stop_loss == (None if stop is None else pytest.approx(stop))
    assert params.take_profit == (None if target is None else pytest.approx(target))


def test_a_target_that_would_not_be_a_price_is_left_out() -> None:
    assert one(action="SELL", rules={"take_profit_percentage": 1.0}).execution_params.take_profit is None


def test_the_distance_to_a_stop_is_the_risk() -> None:
    assert one(stop_loss=196.0).risk_score == pytest.approx(0.4)
    assert one(stop_loss=100.0).risk_score == 1.0


def test_without_any_price_the_risk_is_the_highest() -> None:
    signal = one(at=moment(bars={"BTCUSDT": []}))
    assert (signal.risk_score, signal.metadata["risk_source"]) == (1.0, "unknown")


def test_expiry_counts_from_the_evaluation() -> None:
    assert one(rules={"expiry_seconds": 90}).expires_at == utc(NOW + 90_000)


def test_a_late_signal_keeps_its_place_and_is_expired() -> None:
    assert one(at=moment(expired=True)).status is SignalStatus.EXPIRED


def test_missing_bars_are_named() -> None:
    assert one(at=moment(missing=("ETHUSDT",))).metadata["missing_bars"] == ["ETHUSDT"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        pytest.param({"action": "MOON"}, "action 'MOON' is not one of BUY, SELL, HOLD", id="an unknown action"),
        pytest.param({"symbol": "DOGE"}, "symbol 'DOGE' is not subscribed; subscribed: BTCUSDT", id="another symbol"),
        pytest.param({"symbol": "btcusdt"}, "symbol 'btcusdt' is not subscribed", id="another spelling"),
        pytest.param({"confidence": 7.0}, "confidence must lie between 0 and 1, it is 7.0", id="too sure"),
        pytest.param({"confidence": math.nan}, "confidence must lie between 0 and 1, it is nan", id="a NaN"),
        pytest.param({"risk_score": -0.1}, "risk_score must lie between 0 and 1", id="a negative risk"),
        pytest.param({"quantity": 0.0}, "quantity must be above 0", id="nothing of it"),
        pytest.param({"quantity": math.inf}, "quantity must be above 0 and at most 1e+15, it is inf", id="all of it"),
        pytest.param({"current_price": -1.0}, "current_price must be above 0", id="a negative price"),
        pytest.param({"stop_loss": 0.0}, "stop_loss must be above 0", id="a stop at nothing"),
        pytest.param({"take_profit": math.nan}, "take_profit must be above 0", id="a target that is no number"),
        pytest.param({"order_type": "ICEBERG"}, "order_type 'ICEBERG' is not one of MARKET, LIMIT", id="an order type"),
        pytest.param({"time_in_force": "ever"}, "time_in_force 'ever' is not one of GTC, IOC", id="a time in force"),
        pytest.param({"metadata": {"rsi": math.nan}}, "metadata holds nan, which JSON cannot carry", id="NaN inside"),
        pytest.param({"metadata": {"x": b"raw"}}, "metadata holds a bytes", id="bytes inside"),
        pytest.param({"metadata": {"x": {1: 2}}}, "a metadata key is a int; keys must be texts", id="a number as key"),
        pytest.param({"metadata": {"x": "a" * 501}}, "has 501 characters; the limit is 500", id="a long text"),
        pytest.param({"metadata": {"x": "\x1b[31m"}}, "holds control characters", id="terminal colours"),
        pytest.param({"metadata": {"x": [[[[[[[1]]]]]]]}}, "nested deeper than 6 levels", id="deep nesting"),
        pytest.param(
            {"metadata": {str(index): "a" * 400 for index in range(30)}}, "metadata takes 12", id="much metadata"
        ),
    ],
)
def test_what_is_wrong_is_refused(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ContractViolation) as caught:
        one(**fields)
    assert sentence in str(caught.value)


def test_the_refusal_says_which_signal() -> None:
    with pytest.raises(ContractViolation, match=r"signal 2 of 2: action 'MOON'"):
        signals(candidate(), candidate(action="MOON"))


def test_a_flood_is_refused_as_a_whole() -> None:
    with pytest.raises(ContractViolation, match="the limit is 200"):
        signals(*[candidate()] * (MAX_CANDIDATES + 1))


def test_user_text_in_a_refusal_is_short_and_printable() -> None:
    with pytest.raises(ContractViolation) as caught:
        one(symbol="\x1b]0;" + "x" * 10_000)
    assert len(str(caught.value)) < 200
    assert "\x1b" not in str(caught.value)
