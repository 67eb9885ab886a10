"""What travels as state, what comes back, and what is named because it cannot."""

import random
from collections import defaultdict, deque
from datetime import UTC, datetime
from decimal import Decimal
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategy_contracts.checkpoint import MAX_STRATEGY_STATE_BYTES
from strategy_sandbox.sdk.amounts import Amount
from strategy_sandbox.state import CapturedState, StrategyState
from strategy_sandbox.state_forms import NotRestorable, decode_value, encode_value

KEYS = st.text().filter(lambda key: key not in ("$numpy", "$exact"))  # our own tags do not travel
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(PLAIN)
def test_json_like_values_come_back_as_they_were(value: Any) -> None:
    assert decode_value(encode_value(value)) == value


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int64, np.int32, np.uint64, np.bool_])
def test_numpy_scalars_come_back_with_their_type(kind: type[np.generic]) -> None:
    came_back = decode_value(encode_value({"last": [kind(1)]}))["last"][0]
    assert (came_back, type(came_back)) == (1, kind)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(Decimal("1.10"), id="a decimal"),
        pytest.param(Amount("2.5"), id="an amount of app.sdk"),
        pytest.param(datetime(2023, 3, 1, 12, 30, tzinfo=UTC), id="a time"),
        pytest.param(pd.Timestamp("2023-03-01T00:01:00.000000001Z"), id="a timestamp"),
    ],
)
def test_what_a_text_says_exactly_comes_back_with_its_type(value: Any) -> None:
    came_back = decode_value(encode_value([value]))[0]
    assert (came_back, type(came_back)) == (value, type(value))


shared: list[int] = [1]
looped: list[Any] = []
looped.append(looped)
deep: list[Any] = []
for _ in range(5000):
    deep = [deep]


class Text(str):
    __slots__ = ()


@pytest.mark.parametrize(
    "value",
    [
        pytest.param((1, 2), id="a tuple"),
        pytest.param({1}, id="a set"),
        pytest.param(deque([1]), id="a deque"),
        pytest.param(defaultdict(int), id="a defaultdict"),
        pytest.param(np.zeros(2), id="an array"),
        pytest.param({1: 2}, id="a dict with keys that are no text"),
        pytest.param(1 << 64, id="a number beyond 64 bits"),
        pytest.param([shared, shared], id="a list that is reached twice"),
        pytest.param(looped, id="a list that holds itself"),
        pytest.param(deep, id="a list too deep"),
        pytest.param(list(range(40_000)), id="a list too long"),
        pytest.param(Text("x"), id="a subclass"),
        pytest.param({"$numpy": ["float64", 1]}, id="what looks like our own tag"),
        pytest.param({"$exact": ["Decimal", "1"]}, id="what looks like our other tag"),
        pytest.param(pd.NaT, id="no time"),
        pytest.param(object(), id="an object"),
    ],
)
def test_what_would_not_come_back_as_it_was_does_not_travel(value: object) -> None:
    with pytest.raises(NotRestorable):
        encode_value(value)


class Strategy:
    def __init__(self) -> None:
        self.calls = 0
        self.period = 14
        self.recent: deque[int] = deque(maxlen=3)
        self.frame = pd.DataFrame({"a": [1.0]})


def watch(instance: object | None = None, **names: Any) -> tuple[StrategyState, dict[str, Any]]:
    module = ModuleType("main")
    module.__dict__.update(names)
    carriers = {} if instance is None else {"attributes": vars(instance)}
    return StrategyState(carriers, {"main.py": module}), module.__dict__


def test_an_objects_attributes_travel_and_an_untouched_deque_is_not_mentioned() -> None:
    strategy = Strategy()
    state, _ = watch(strategy)
    strategy.calls = 3
    assert state.capture() == CapturedState({"attributes": {"calls": 3, "period": 14}}, ())
    strategy.recent.append(1)
    strategy.frame.loc[0, "a"] = 2.0
    assert state.capture().not_restorable == ("frame", "recent")


def test_state_goes_into_a_fresh_object() -> None:
    first, second = Strategy(), Strategy()
    watched, _ = watch(first)
    first.calls, first.note = 5, ["new"]  # type: ignore[attr-defined]
    values = watched.capture().values
    fresh, _ = watch(second)
    assert values is not None
    fresh.restore(values)
    assert (second.calls, second.note) == (5, ["new"])  # type: ignore[attr-defined]


def test_only_changed_globals_travel() -> None:
    state, names = watch(LIMITS={"a": [1]}, count=0, history=[], sum=sum, random=random)
    assert state.capture() == CapturedState(None, ())
    names["count"] += 1
    names["history"].append(2.5)
    names["new"] = "bound later"
    expected = {"globals:main.py": {"count": 1, "history": [2.5], "new": "bound later"}}
    assert state.capture() == CapturedState(expected, ())
    names["LIMITS"]["a"].append(2)
    assert state.capture().values == {"globals:main.py": {**expected["globals:main.py"], "LIMITS": {"a": [1, 2]}}}


def test_containers_are_restored_in_place_because_functions_may_hold_them() -> None:
    history: list[int] = []
    table: dict[str, int] = {"old": 1}
    state, names = watch(history=history, table=table)
    state.restore({"globals:main.py": {"history": [1, 2], "table": {"new": 2}}, "globals:gone.py": {"x": 1}})
    assert names["history"] is history and history == [1, 2]
    assert names["table"] is table and table == {"new": 2}


def test_restored_state_is_captured_again_although_nothing_happened_since() -> None:
    state, _ = watch(count=0)
    values = {"globals:main.py": {"count": 7}}
    state.restore(values)
    assert state.capture().values == values


def test_the_largest_values_are_left_out_when_all_do_not_fit() -> None:
    state, names = watch(small=0, large="", larger="")
    names.update(small=1, large="x" * 30_000, larger="y" * 40_000)
    captured = state.capture()
    assert captured.not_restorable == ("larger",)
    assert captured.values == {
        "globals:main.py": {"small": 1, "large": "x" * 30_000},
        "incomplete": {"larger": None},
    }
    assert MAX_STRATEGY_STATE_BYTES == 65536


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("LIMIT = 3\nNAME = 'x'\ndef f(data):\n    return LIMIT\n", False, id="constants only"),
        pytest.param("import random\nfrom math import pi\n", False, id="imports only"),
        pytest.param("history = []\n", True, id="a list"),
        pytest.param("count = 0\ndef f(data):\n    global count\n    count += 1\n", True, id="a global statement"),
        pytest.param(
            "count = 0\ndef outer():\n    def f(data):\n        global count\n        count = 1\n",
            True,
            id="a nested one",
        ),
    ],
)
def test_whether_state_is_to_be_expected(source: str, expected: bool) -> None:
    module = ModuleType("main")
    code = compile(source, "main.py", "exec")
    exec(code, module.__dict__)
    assert StrategyState({}, {"main.py": module}).stateful([code]) is expected
    assert StrategyState({"attributes": vars(Strategy())}, {"main.py": module}).stateful([code])


def test_a_generator_of_random_numbers_is_named_because_its_state_cannot_be_seen() -> None:
    state, _ = watch(rng=np.random.default_rng(1))
    assert state.capture().not_restorable == ("rng",)
