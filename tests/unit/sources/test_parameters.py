"""Whose value of a parameter counts, and which values are refused, by name and place."""

from typing import Any

import pytest

from strategy_sources.errors import SourceRefused
from strategy_sources.parameters import effective_parameters, is_template

PERIOD = {"type": "int", "default": 10, "min": 2, "max": 50}


def test_resource_over_row_over_template() -> None:
    stored = {"period": PERIOD, "fast": PERIOD, "size": 3, "levels": {"low": 30, "high": 70}}
    assert effective_parameters(stored, {"fast": 7}, "row") == {
        "period": 10,
        "fast": 7,
        "size": 3,
        "levels": {"low": 30, "high": 70},
    }


def test_without_templates_every_name_is_welcome() -> None:
    assert effective_parameters({"size": 3}, {"anything": 1, "size": 4}, "row") == {"size": 4, "anything": 1}


def test_what_the_runner_understands_is_always_known() -> None:
    assert effective_parameters({"period": PERIOD}, {"quantity": 0.5}, "row") == {"period": 10, "quantity": 0.5}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (PERIOD, True),
        ({"type": "float", "min": 0.1}, True),
        ({"type": "select", "options": ["a"]}, True),
        ({"type": "ema", "default": 3}, False),
        ({"type": "int"}, False),
        ({"default": 3}, False),
        ({"type": ["int"], "default": 3}, False),
        ([PERIOD], False),
        (3, False),
    ],
)
def test_what_is_a_template(value: Any, expected: bool) -> None:
    assert is_template(value) is expected


@pytest.mark.parametrize(
    ("template", "given", "reason", "said"),
    [
        pytest.param(PERIOD, 99, "ParameterOutOfRange", "spec.parameters.p: 99 is above the maximum 50", id="too much"),
        pytest.param(PERIOD, 1, "ParameterOutOfRange", "spec.parameters.p: 1 is below the minimum 2", id="too little"),
        pytest.param(PERIOD, 2.5, "ParameterOutOfRange", "a whole number is expected", id="a fraction"),
        pytest.param(PERIOD, True, "ParameterOutOfRange", "a whole number is expected", id="a truth"),
        pytest.param(PERIOD, "14", "ParameterOutOfRange", "a whole number is expected", id="a text"),
        pytest.param(PERIOD, None, "ParameterOutOfRange", "a whole number is expected", id="null"),
        pytest.param({"type": "float", "minimum": 0.5}, 0.1, "ParameterOutOfRange", "minimum 0.5", id="the long word"),
        pytest.param(
            {"type": "bool", "default": True}, 1, "ParameterOutOfRange", "true or false", id="one is no truth"
        ),
        pytest.param({"type": "str", "default": ""}, 1, "ParameterOutOfRange", "a text is", id="a number is no text"),
        pytest.param(
            {"type": "select", "options": ["a", "b"]}, "c", "ParameterOutOfRange", "none of a, b", id="choice"
        ),
        pytest.param(
            {"type": "string", "choices": [{"label": "A", "value": "a"}]},
            "A",
            "ParameterOutOfRange",
            "none of a",
            id="label",
        ),
    ],
)
def test_a_value_that_its_template_does_not_allow(template: Any, given: Any, reason: str, said: str) -> None:
    with pytest.raises(SourceRefused) as refused:
        effective_parameters({"p": template}, {"p": given}, "row")
    assert refused.value.reason == reason
    assert said in refused.value.message


def test_a_wrong_default_is_the_rows_and_says_so() -> None:
    with pytest.raises(SourceRefused, match=r"spec\.source\.aiMl: parameter p: 99 is above the maximum 50"):
        effective_parameters({"p": PERIOD | {"default": 99}}, {}, "spec.source.aiMl")


def test_a_template_without_default_asks_for_a_value() -> None:
    template = {"type": "int", "min": 1}
    with pytest.raises(SourceRefused, match=r"row: parameter p has no default; give spec\.parameters\.p") as refused:
        effective_parameters({"p": template}, {}, "row")
    assert refused.value.reason == "ParameterMissing"
    assert effective_parameters({"p": template}, {"p": 4}, "row") == {"p": 4}


def test_a_mistyped_name_is_told_the_right_one() -> None:
    with pytest.raises(SourceRefused, match=r"spec\.parameters\.perod: .* did you mean period\?") as refused:
        effective_parameters({"period": PERIOD}, {"perod": 7}, "row")
    assert refused.value.reason == "ParameterUnknown"


def test_a_whole_number_may_be_written_with_a_point() -> None:
    found = effective_parameters({"p": PERIOD}, {"p": 14.0}, "row")["p"]
    assert (found, type(found)) == (14, int)
