"""What a strategy prints, as it reaches the log: bounded for each evaluation, whoever sends it."""

import pytest

from strategy_contracts.worker_protocol import Output
from strategy_runner.output_budget import OUTPUT_BYTES, OutputBudget


@pytest.fixture
def passed() -> list[Output]:
    return []


@pytest.fixture
def budget(passed: list[Output]) -> OutputBudget:
    return OutputBudget(passed.append)


def test_what_an_honest_strategy_prints_arrives_as_it_is(budget: OutputBudget, passed: list[Output]) -> None:
    budget.take(Output(id=1, text="rsi 27.3\n\tbuy\n", dropped_bytes=0))
    assert passed == [Output(id=1, text="rsi 27.3\n\tbuy\n")]


@pytest.mark.parametrize(
    "text",
    ["\x1b[2Jcleared", "a\rb", "a\x00b", "\u202egnp", "\ud800", "\u2028next"],
    ids=["terminal", "carriage return", "nul", "bidi", "lone surrogate", "line separator"],
)
def test_characters_that_steer_something_are_taken_out(budget: OutputBudget, passed: list[Output], text: str) -> None:
    budget.take(Output(id=1, text=text))
    assert passed[0].text.isprintable()
    assert len(passed[0].text) == len(text)


def test_one_evaluation_gets_its_budget_and_no_more(budget: OutputBudget, passed: list[Output]) -> None:
    for _ in range(1000):
        budget.take(Output(id=1, text="x" * 1000))
    assert sum(len(output.text) for output in passed) == OUTPUT_BYTES
    assert len(passed) == 5


def test_a_budget_counts_bytes_and_cuts_between_characters(budget: OutputBudget, passed: list[Output]) -> None:
    budget.take(Output(id=1, text="x" + "價" * OUTPUT_BYTES))
    assert passed[0].text == "x" + "價" * ((OUTPUT_BYTES - 1) // 3)
    assert passed[0].dropped_bytes == 3 * OUTPUT_BYTES + 1 - OUTPUT_BYTES


def test_messages_without_text_are_bounded_too(budget: OutputBudget, passed: list[Output]) -> None:
    for _ in range(100_000):
        budget.take(Output(id=1, text="", dropped_bytes=1))
    assert len(passed) <= OUTPUT_BYTES


def test_the_next_evaluation_has_a_budget_of_its_own_and_what_was_lost_is_told(
    budget: OutputBudget, passed: list[Output]
) -> None:
    budget.take(Output(id=1, text="x" * OUTPUT_BYTES))
    budget.take(Output(id=1, text="lost", dropped_bytes=10))
    budget.renew()
    budget.take(Output(id=1, text="news"))
    assert passed[1:] == [Output(id=1, text="", dropped_bytes=14), Output(id=1, text="news")]


def test_nothing_lost_is_not_told(budget: OutputBudget, passed: list[Output]) -> None:
    budget.renew()
    budget.take(Output(id=1, text=""))
    assert passed == []
