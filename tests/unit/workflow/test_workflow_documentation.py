"""docs/workflows.md names every word that a drawing may use: what is refused too."""

import re
from pathlib import Path

import pytest

from strategy_code.workflow import NodeKind
from strategy_code.workflow.condition_words import CONDITIONS, REFUSED_CONDITIONS
from strategy_code.workflow.parameters import PARAMETERS
from strategy_contracts.action_words import ACTION_WORDS, ORDER_TYPES

TEXT = (Path(__file__).parents[3] / "docs" / "workflows.md").read_text()
WORDS = set(re.findall(r"\w+", TEXT))
SHORTENED = {
    "engulfing_bearish": "engulfing_bullish, _bearish",
    "volatility_contraction": "volatility_expansion, _contraction",
    "rsi_level_cross": "rsi_, stoch_, cci_level_cross",
    "stoch_level_cross": "rsi_, stoch_, cci_level_cross",
}
NOT_DRAWN = {"HOLD"}


@pytest.mark.parametrize("word", [*REFUSED_CONDITIONS, *(word for words in CONDITIONS.values() for word in words)])
def test_every_condition_is_documented(word: str) -> None:
    assert word in WORDS or SHORTENED.get(word, "\0") in TEXT


@pytest.mark.parametrize("word", sorted(set(ACTION_WORDS) - NOT_DRAWN))
def test_every_action_is_documented(word: str) -> None:
    assert word.lower() in WORDS


@pytest.mark.parametrize("word", [name for name, kind in ORDER_TYPES.items() if kind is None])
def test_every_order_type_that_a_signal_cannot_say_is_documented(word: str) -> None:
    assert word.lower() in WORDS


@pytest.mark.parametrize(
    "name",
    sorted({name for kind, specs in PARAMETERS.items() if kind is not NodeKind.CUSTOM_DATASET for name in specs}),
)
def test_every_parameter_is_documented(name: str) -> None:
    assert name in WORDS or name in UNEXPLAINED


UNEXPLAINED = frozenset({"conditionType", "inputs", "patternStrength", "bars"})
"""Read for their type alone, or explained under another name."""


@pytest.mark.parametrize("kind", sorted(set(NodeKind) - {NodeKind.INDICATOR, NodeKind.DATA_SOURCE}))
def test_every_node_is_documented(kind: str) -> None:
    assert kind in WORDS
