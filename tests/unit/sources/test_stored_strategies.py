"""Whose a stored strategy is, where it starts, and what is refused before anybody looks at its code."""

from dataclasses import dataclass
from typing import Any

import pytest

from strategy_contracts.signal import StrategySource
from strategy_sources.errors import SourceRefused
from strategy_sources.files import StrategyFiles, main_file_by_name, owned, stored_files, strategy_files
from strategy_sources.stored_strategy import StoredStrategy


@dataclass(frozen=True)
class Person:
    user_id: str | None = None
    subject: str | None = None


ALICE = Person(user_id="42", subject="alice")


def stored(owner_field: str = "user_id", owner_id: str = "42", **changes: Any) -> StoredStrategy:
    values: dict[str, Any] = {"strategy_id": "id", "source": StrategySource.AI_ML, "files": {"main.py": "x=1"}}
    return StoredStrategy(owner_field=owner_field, owner_id=owner_id, **(values | changes))


@pytest.mark.parametrize(
    ("strategy", "person", "expected"),
    [
        pytest.param(stored("user_id", "42"), Person(user_id="42"), True, id="by number"),
        pytest.param(stored("subject", "alice"), Person(user_id="42", subject="alice"), True, id="by name"),
        pytest.param(stored("user_id", "42"), Person(subject="42"), False, id="a name that looks like the number"),
        pytest.param(stored("user_id", "42"), Person(user_id="7"), False, id="somebody else"),
        pytest.param(stored("subject", ""), Person(), False, id="a row of nobody"),
        pytest.param(stored("subject", ""), Person(subject=""), False, id="a row of nobody, by the empty name"),
        pytest.param(stored("user_id", "42"), None, False, id="nobody asks"),
    ],
)
def test_ownership(strategy: StoredStrategy, person: Person | None, expected: bool) -> None:
    assert strategy.owned_by(person) is expected


def test_code_does_not_show_in_logs() -> None:
    assert "x=1" not in repr(stored(requirements="x=1", parameters={"x=1": 1}, drawing={"x=1": 1}))


def test_who_may_not_read_a_strategy_learns_nothing_of_it() -> None:
    with pytest.raises(SourceRefused) as absent:
        owned(None, ALICE, "spec")
    with pytest.raises(SourceRefused) as strange:
        owned(stored(owner_id="7", refusal=SourceRefused("BundleTooLarge", "…")), ALICE, "spec")
    assert absent.value.message == strange.value.message


def test_what_cannot_be_read_says_where() -> None:
    with pytest.raises(SourceRefused) as refused:
        owned(stored(refusal=SourceRefused("BundleTooLarge", "the drawing has 9 bytes")), ALICE, "spec.source.x")
    assert (refused.value.reason, refused.value.message) == ("BundleTooLarge", "spec.source.x: the drawing has 9 bytes")


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"main.py": "", "src/util.py": ""}, "main.py"),
        ({"rsi.py": "", "README.md": ""}, "rsi.py"),
        ({"src/rsi.py": ""}, "src/rsi.py"),
        ({"a.py": "", "b.py": ""}, None),
        ({"README.md": ""}, None),
        ({}, None),
    ],
)
def test_the_main_file_by_its_name(files: dict[str, str], expected: str | None) -> None:
    assert main_file_by_name(files) == expected


@pytest.mark.parametrize(
    ("compilation", "runs"),
    [("success", True), ("compiled", True), (None, True), ("failed", False), ("pending", False), ("compiling", False)],
)
def test_code_that_was_not_compiled_is_not_run(compilation: str | None, runs: bool) -> None:
    row = stored(compilation=compilation)
    if runs:
        assert stored_files(row, "main.py", None, "spec").files == {"main.py": "x=1"}
    else:
        with pytest.raises(SourceRefused, match=f"is {compilation}, not compiled") as refused:
            stored_files(row, "main.py", None, "spec")
        assert refused.value.reason == "NotCompiled"


def test_requirements_of_both_kinds_are_checked_unless_the_image_is_their_own() -> None:
    row = stored(requirements="numpy\nbacktrader>=1")
    with pytest.raises(SourceRefused, match=r"spec: generated_requirements:2: backtrader is not in the runner image"):
        stored_files(row, "main.py", None, "spec")
    assert stored_files(row, "main.py", None, "spec", own_image=True).main_file == "main.py"
    files = {"main.py": "", "requirements.txt": "torch\n"}
    with pytest.raises(SourceRefused, match=r"spec: requirements\.txt:1: torch is not in the runner image"):
        strategy_files(files, "main.py", None, "spec")
    assert isinstance(strategy_files(files, "main.py", None, "spec", own_image=True), StrategyFiles)


@pytest.mark.parametrize(
    ("files", "parameters"),
    [
        ({"main.py": "\ud800"}, {}),
        ({"main.py": ""}, {"a": "\ud800"}),
        ({"main.py": ""}, {"a": 2**70}),
    ],
    ids=["half a character in a file", "half a character in a parameter", "a number beyond 64 bits"],
)
def test_what_no_bundle_can_carry_is_refused(files: Any, parameters: Any) -> None:
    with pytest.raises(SourceRefused) as refused:
        strategy_files(files, "main.py", parameters, "spec")
    assert refused.value.reason == "NotReadable"


def test_a_missing_main_file_says_what_there_is() -> None:
    with pytest.raises(SourceRefused, match=r"spec: there is no main\.py; found other\.py") as refused:
        strategy_files({"other.py": ""}, "main.py", None, "spec")
    assert refused.value.reason == "MainFileNotFound"
