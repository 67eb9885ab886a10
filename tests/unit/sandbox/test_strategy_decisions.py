"""What strategies return, as candidates or as sentences for their authors."""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from strategy_contracts.worker_protocol import Candidate
from strategy_sandbox.adapters.decisions import read_decisions
from strategy_sandbox.errors import StrategyBreaksContract


class Side(Enum):
    BUY = "buy"
    SELL = 2


@dataclass
class Execution:
    quantity: float = 2.0
    stop_loss: float | None = 90.0


@dataclass
class TradingSignal:
    """As the platform's own signal objects look."""

    symbol: str = "BTCUSDT"
    action: Any = Side.BUY
    confidence: float = 0.9
    execution_params: Execution = field(default_factory=Execution)
    strategy_id: str = "forged"
    metadata: dict[str, Any] | None = None


BUY = Candidate(symbol="BTCUSDT", action="BUY")
DECISION = {"symbol": "BTCUSDT", "action": "BUY"}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(None, [], id="None is no decision"),
        pytest.param([], [], id="an empty list is no decision"),
        pytest.param({}, [], id="an empty dict is no decision"),
        pytest.param(DECISION, [BUY], id="one dict"),
        pytest.param([DECISION, DECISION], [BUY, BUY], id="a list, in its order"),
        pytest.param((DECISION,), [BUY], id="a tuple"),
        pytest.param(OrderedDict(DECISION), [BUY], id="any mapping"),
        pytest.param({**DECISION, "action": " buy "}, [BUY], id="the action in any case"),
        pytest.param({**DECISION, "action": Side.BUY}, [BUY], id="an enum by its value"),
        pytest.param({**DECISION, "action": Side.SELL}, [Candidate(symbol="BTCUSDT", action="SELL")], id="or its name"),
        pytest.param(
            {**DECISION, "action": "\u017fell"}, [Candidate(symbol="BTCUSDT", action="\u017fell")], id="no homoglyphs"
        ),
        pytest.param(
            {**DECISION, "confidence": np.float64(0.5), "quantity": np.int64(2), "stop_loss": Decimal("1.5")},
            [Candidate(symbol="BTCUSDT", action="BUY", confidence=0.5, quantity=2.0, stop_loss=1.5)],
            id="numpy scalars and decimals",
        ),
        pytest.param({**DECISION, "confidence": None}, [BUY], id="None is left out"),
        pytest.param(
            {**DECISION, "confidence": 7, "quantity": float("inf")},
            [Candidate(symbol="BTCUSDT", action="BUY", confidence=7.0, quantity=float("inf"))],
            id="values are not judged here",
        ),
        pytest.param(
            TradingSignal(),
            [Candidate(symbol="BTCUSDT", action="BUY", confidence=0.9, quantity=2.0, stop_loss=90.0)],
            id="an object with the platform's attributes",
        ),
        pytest.param(
            SimpleNamespace(symbol="ETHUSDT", action="HOLD", metadata={"n": 1}),
            [Candidate(symbol="ETHUSDT", action="HOLD", metadata={"n": 1})],
            id="any object with symbol and action",
        ),
        pytest.param(
            {**DECISION, "reason": "RSI 28", "signal_id": "forged", "sequence": 1, "metadata": {"rsi": np.float32(28)}},
            [Candidate(symbol="BTCUSDT", action="BUY", metadata={"reason": "RSI 28", "rsi": 28.0})],
            id="what else was said is kept, identity is not listened to",
        ),
        pytest.param(
            {
                **DECISION,
                "metadata": {
                    "time": datetime(2024, 1, 2, tzinfo=UTC),
                    "stamp": pd.Timestamp("2024-01-02T03:00Z"),
                    "list": (1, {"deep": np.array([1.5, 2.5])}),
                    3: Side.BUY,
                    "huge": 1 << 70,
                },
            },
            [
                Candidate(
                    symbol="BTCUSDT",
                    action="BUY",
                    metadata={
                        "time": "2024-01-02T00:00:00+00:00",
                        "stamp": "2024-01-02T03:00:00+00:00",
                        "list": [1, {"deep": [1.5, 2.5]}],
                        "3": "buy",
                        "huge": str(1 << 70),
                    },
                )
            ],
            id="metadata becomes plain",
        ),
        pytest.param(
            {**DECISION, "reason": "a\ud800b"},
            [Candidate(symbol="BTCUSDT", action="BUY", metadata={"reason": "a?b"})],
            id="a lone surrogate, which no encoder takes",
        ),
    ],
)
def test_forms_of_the_platform_are_read(answer: object, expected: list[Candidate]) -> None:
    assert read_decisions(answer) == expected


looped: list[Any] = []
looped.append(looped)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        pytest.param("BUY", "the decision is a str; return dicts like", id="a text"),
        pytest.param(1, "the decision is a int; return dicts like", id="a number"),
        pytest.param(pd.Series([1]), "the decision is a Series; return dicts like", id="a series"),
        pytest.param((n for n in "ab"), "the decision is a generator; return dicts like", id="a generator"),
        pytest.param([DECISION, None], "decision 2 is None; return dicts like", id="None in a list"),
        pytest.param({"action": "BUY"}, "the decision names no symbol;", id="no symbol, and no default one"),
        pytest.param([{"symbol": "B"}], "decision 1 names no action;", id="no action, and no silent HOLD"),
        pytest.param({"BTCUSDT": "BUY"}, "the decision names no symbol;", id="a dict of symbols"),
        pytest.param(
            {**DECISION, "action": 1}, "action of the decision must be a text, not a int", id="a number as action"
        ),
        pytest.param(
            {**DECISION, "symbol": ["B"]}, "symbol of the decision must be a text, not a list", id="a list as symbol"
        ),
        pytest.param(
            {**DECISION, "confidence": "0.5"},
            "confidence of the decision must be a number, not a str",
            id="a text as number",
        ),
        pytest.param(
            {**DECISION, "quantity": True},
            "quantity of the decision must be a number, not a bool",
            id="a bool as number",
        ),
        pytest.param(
            {**DECISION, "quantity": 1j},
            "quantity of the decision must be a number, not a complex",
            id="a complex number",
        ),
        pytest.param(
            {**DECISION, "metadata": [1]},
            "metadata of the decision must be a dict, not a list",
            id="a list as metadata",
        ),
        pytest.param(
            {**DECISION, "metadata": {"model": object()}},
            "metadata of the decision['model'] is a object; use numbers, texts, lists and dicts",
            id="an object in metadata",
        ),
        pytest.param(
            {**DECISION, "metadata": {"x": looped}}, "nested more than 8 levels deep", id="metadata that holds itself"
        ),
        pytest.param(
            {**DECISION, "reason": "x" * 5000}, "is 5000 characters long; the limit is 4096", id="a long text"
        ),
        pytest.param([DECISION] * 201, "201 decisions were returned; the limit is 200", id="too many"),
    ],
)
def test_all_else_is_a_sentence_for_the_author(answer: object, sentence: str) -> None:
    with pytest.raises(StrategyBreaksContract) as refused:
        read_decisions(answer)
    assert sentence in str(refused.value)
