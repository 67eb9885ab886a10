"""The result forms of the platform about one symbol: what each becomes, and what is no decision."""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

import numpy as np
import pandas as pd
import pytest

from strategy_contracts.worker_protocol import Candidate
from strategy_sandbox.adapters.decisions import (
    About,
    read_decision_columns,
    read_signal_column,
    read_symbol_decisions,
)
from strategy_sandbox.errors import StrategyBreaksContract

INDEX = pd.date_range("2023-03-01", periods=3, freq="min", tz="UTC")
ABOUT = About("BTCUSDT", 200.0, INDEX[-1])


class Kind(Enum):
    BUY = "buy"
    CLOSE = "close"


@dataclass
class Spoken:
    signal_type: Kind
    strength: float = 0.5
    confidence: float = 0.9
    price: float = 200.0
    quantity: Decimal = Decimal("1.5")
    metadata: Any = None


def a(action: str, **fields: Any) -> Candidate:
    return Candidate(symbol="BTCUSDT", action=action, **fields)


@pytest.mark.parametrize(
    ("answer", "percent", "expected"),
    [
        pytest.param(None, False, [], id="None"),
        pytest.param({}, False, [], id="an empty dict"),
        pytest.param([], False, [], id="an empty list"),
        pytest.param({"signals": []}, False, [], id="no signals"),
        pytest.param({"signals": None, "actions": []}, False, [], id="None instead of signals"),
        pytest.param({"signal": "buy", "position_size": 2}, False, [a("BUY", quantity=2.0)], id="on_data"),
        pytest.param({"signal": "HOLD", "position_size": 0}, False, [a("HOLD")], id="a HOLD of nothing"),
        pytest.param({"signal": np.int64(-1)}, False, [a("SELL")], id="a number"),
        pytest.param({"signal": 0.0}, False, [a("HOLD")], id="zero"),
        pytest.param(
            {"signal": "BUY", "quantity": 1, "order_type": "limit", "stop_loss": 5, "take_profit": 25},
            True,
            [a("BUY", quantity=1.0, order_type="LIMIT", stop_loss=190.0, take_profit=250.0)],
            id="levels in percent of a purchase",
        ),
        pytest.param(
            {"signal": "SELL", "stop_loss": 5, "take_profit": 25},
            True,
            [a("SELL", stop_loss=210.0, take_profit=150.0)],
            id="levels in percent of a sale",
        ),
        pytest.param({"signal": "BUY", "stop_loss": 0}, True, [a("BUY")], id="zero percent is none"),
        pytest.param({"signal": "CLOSE_ALL", "stop_loss": 5}, True, [a("CLOSE_ALL")], id="no side, no level"),
        pytest.param([{"action": "buy", "stop_loss_pct": 1}], False, [a("BUY", stop_loss=198.0)], id="percent by name"),
        pytest.param({"action": "sell", "stop_loss": 210}, False, [a("SELL", stop_loss=210.0)], id="a price"),
        pytest.param(
            [{"action": "BUY", "order_type": "limit", "price": 190}],
            False,
            [a("BUY", order_type="LIMIT", price_target=190.0)],
            id="the price of an order that waits",
        ),
        pytest.param(
            [{"action": "BUY", "order_type": "market", "price": 190, "signal_id": "x", "timestamp": "y"}],
            False,
            [a("BUY", order_type="MARKET", current_price=190.0)],
            id="the price of a market order",
        ),
        pytest.param({"action": "SELL_STOP"}, False, [a("SELL", order_type="STOP")], id="an action that is an order"),
        pytest.param({"action": "emergency_exit"}, False, [a("CLOSE_ALL", order_type="MARKET")], id="everything out"),
        pytest.param({"action": "TRAILING_STOP"}, False, [a("TRAILING_STOP")], id="what manages orders stays"),
        pytest.param({"action": "fly"}, False, [a("FLY")], id="an unknown action is the supervisor's to refuse"),
        pytest.param(
            Spoken(Kind.BUY),
            False,
            [a("BUY", confidence=0.9, quantity=1.5, current_price=200.0, metadata={"strength": 0.5})],
            id="a signal object",
        ),
        pytest.param(
            Spoken(Kind.CLOSE),
            False,
            [a("CLOSE_ALL", confidence=0.9, quantity=1.5, current_price=200.0, metadata={"strength": 0.5})],
            id="close is of the one symbol",
        ),
        pytest.param(
            {"signals": {"up": True}, "actions": [{"action": "buy"}]}, False, [a("BUY")], id="actions beside conditions"
        ),
        pytest.param({"signals": [{"signal": "BUY", "symbol": "BTCUSDT"}]}, False, [a("BUY")], id="its own symbol"),
        pytest.param({"signal": "BUY", "why": "dip"}, False, [a("BUY", metadata={"why": "dip"})], id="more is kept"),
    ],
)
def test_a_form_becomes_candidates(answer: object, percent: bool, expected: list[Candidate]) -> None:
    assert read_symbol_decisions(answer, ABOUT, percent=percent) == expected


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param("BUY", "is a str", id="a text"),
        pytest.param(3, "is a int", id="a number"),
        pytest.param({"result": 1}, "a dict of result", id="a dict of something else"),
        pytest.param({"signals": {"up": True}}, "must be a list of decisions", id="conditions alone"),
        pytest.param({"signals": "BUY"}, "must be a list of decisions", id="a text for a list"),
        pytest.param({"signals": [1]}, "decision 1 is a int", id="a number in the list"),
        pytest.param({"signal": None, "position_size": 1}, "names no action", id="no action"),
        pytest.param({"signal": 2}, "a number must be 1", id="two"),
        pytest.param({"signal": True}, "not a bool", id="a truth value"),
        pytest.param({"signal": "BUY", "symbol": "ETHUSDT"}, "names 'ETHUSDT'", id="another symbol"),
        pytest.param({"signal": "BUY", "stop_loss_pct": 100}, "below 100", id="a hundred percent"),
        pytest.param({"signal": "BUY", "stop_loss_pct": -1}, "at least 0", id="a negative percentage"),
        pytest.param({"signal": "BUY", "quantity": "1"}, "quantity of the decision", id="a quantity as text"),
        pytest.param([{"signal": "BUY"}] * 201, "the limit is 200", id="too many"),
    ],
)
def test_what_is_no_decision_is_said(answer: object, words: str) -> None:
    with pytest.raises(StrategyBreaksContract, match=words):
        read_symbol_decisions(answer, ABOUT)


def frame(**columns: list[Any]) -> pd.DataFrame:
    return pd.DataFrame(columns, index=INDEX)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(frame(signal=[1, 0, 1]), [a("BUY")], id="one"),
        pytest.param(frame(signal=[0, 0, -1.0]), [a("SELL")], id="minus one as a float"),
        pytest.param(frame(signal=[1, 1, 0]), [a("HOLD")], id="zero"),
        pytest.param(frame(signal=["", "", "sell"]), [a("SELL")], id="a word"),
        pytest.param(frame(signal=[1, 0, 1]).iloc[:0], [], id="no rows left"),
        pytest.param(frame(signal=[1, 0, 1]).reset_index(), [a("BUY")], id="an index of numbers"),
        pytest.param(frame(signal=[1, 0, 1]).tz_localize(None), [a("BUY")], id="an index without a zone"),
    ],
)
def test_a_signal_column_decides_by_its_last_row(answer: pd.DataFrame, expected: list[Candidate]) -> None:
    assert read_signal_column(answer, ABOUT, "what execute returns") == expected


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param(frame(signal=[1, 0, np.nan]), "undefined", id="undefined"),
        pytest.param(frame(signal=[1, 0, 1]).iloc[:-1], "keep the last row", id="the last row dropped"),
        pytest.param(frame(buy=[1, 0, 1]), "has no column `signal`; its columns are buy", id="another column"),
        pytest.param(frame(signal=[0, 0, 7]), "a number must be 1", id="seven"),
        pytest.param({"signal": 1}, "must be a DataFrame, not a dict", id="no frame"),
    ],
)
def test_a_column_that_says_nothing_is_an_error(answer: Any, words: str) -> None:
    with pytest.raises(StrategyBreaksContract, match=words):
        read_signal_column(answer, ABOUT, "what execute returns")


def test_decision_columns_act_in_their_order() -> None:
    both = frame(decision_buy=["HOLD", "HOLD", "BUY"], decision_out=["HOLD", "HOLD", "CLOSE_SHORT"])
    assert [item.action for item in read_decision_columns(both, ABOUT, "it")] == ["BUY", "CLOSE_SHORT"]
    assert read_decision_columns(frame(decision=["BUY", "BUY", "HOLD"]), ABOUT, "it") == [a("HOLD")]
    with pytest.raises(StrategyBreaksContract, match="no column `decision_"):
        read_decision_columns(frame(close=[1, 1, 1]), ABOUT, "it")


def test_levels_of_decision_columns_are_put_on_the_side_of_a_sale() -> None:
    levels = {"quantity_x": [1, 1, 1], "stop_loss_x": [1, 1, 190], "take_profit_x": [1, 1, 230]}
    (bought,) = read_decision_columns(frame(decision_x=["", "", "BUY"], **levels), ABOUT, "it")
    assert (bought.quantity, bought.stop_loss, bought.take_profit) == (1.0, 190.0, 230.0)
    (sold,) = read_decision_columns(frame(decision_x=["", "", "SELL"], **levels), ABOUT, "it")
    assert (sold.stop_loss, sold.take_profit) == (210.0, 170.0)
    assert "mirrored" in sold.metadata["levels"]
