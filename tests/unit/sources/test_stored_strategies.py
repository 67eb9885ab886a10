"""Whose a stored strategy is, where it starts, what its parameters are."""

from dataclasses import dataclass
from typing import Any

import pytest

from strategy_contracts.signal import StrategySource
from strategy_sources.errors import SourceRefused
from strategy_sources.stored_strategy import StoredStrategy, main_file_of, plain_parameters


@dataclass(frozen=True)
class Person:
    user_id: str | None = None
    subject: str | None = None


def stored(owner_field: str, owner_id: str) -> StoredStrategy:
    return StoredStrategy(
        strategy_id="id",
        source=StrategySource.AI_ML,
        owner_field=owner_field,
        owner_id=owner_id,
        files={"main.py": "x=1"},
    )


@pytest.mark.parametrize(
    ("strategy", "person", "expected"),
    [
        pytest.param(stored("user_id", "42"), Person(user_id="42"), True, id="by number"),
        pytest.param(stored("subject", "alice"), Person(user_id="42", subject="alice"), True, id="by name"),
        pytest.param(stored("user_id", "42"), Person(subject="42"), False, id="a name that looks like the number"),
        pytest.param(stored("user_id", "42"), Person(user_id="7"), False, id="somebody else"),
        pytest.param(stored("subject", ""), Person(), False, id="a row of nobody"),
        pytest.param(stored("user_id", "42"), None, False, id="nobody asks"),
    ],
)
def test_ownership(strategy: StoredStrategy, person: Person | None, expected: bool) -> None:
    assert strategy.owned_by(person) is expected


def test_code_does_not_show_in_logs() -> None:
    assert "x=1" not in repr(stored("user_id", "42"))


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"main.py": "", "src/util.py": ""}, "main.py"),
        ({"rsi.py": "", "README.md": ""}, "rsi.py"),
    ],
)
def test_the_main_file(files: dict[str, str], expected: str) -> None:
    assert main_file_of(files, "id") == expected


@pytest.mark.parametrize("files", [{"a.py": "", "b.py": ""}, {"README.md": ""}, {}])
def test_no_main_file_says_what_was_found(files: dict[str, str]) -> None:
    with pytest.raises(SourceRefused, match=r"expected main\.py") as refused:
        main_file_of(files, "id")
    assert refused.value.reason == "MainFileNotFound"


def test_a_template_of_a_parameter_becomes_its_default() -> None:
    parameters: dict[str, Any] = {
        "period": {"type": "int", "default": 10, "min": 2, "max": 50},
        "size": 3,
        "levels": {"low": 30, "high": 70},
    }
    assert plain_parameters(parameters) == {"period": 10, "size": 3, "levels": {"low": 30, "high": 70}}
