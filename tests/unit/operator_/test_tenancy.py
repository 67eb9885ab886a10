"""Who may run what in which namespace."""

from typing import Any

import pytest

from strategy_contracts.resource import StrategySpec
from strategy_operator.tenancy import forbidden, read_policies

POLICIES = read_policies(
    '[{"name": "api", "owners": ["*"], "live": true}, {"name": "team", "owners": ["42", "alice"]}, {"name": "open"}]'
)
WORKFLOW = {"noCode": {"workflowId": "7b0e0c9e-1111-4222-8333-444455556666"}}
INLINE = {"inline": {"files": {"main.py": "x"}}}


def verdict(namespace: str, **spec: Any) -> str | None:
    found = forbidden(namespace, StrategySpec.model_validate({"source": INLINE} | spec), POLICIES)
    return None if found is None else found.reason


@pytest.mark.parametrize(
    ("namespace", "spec", "expected"),
    [
        pytest.param("open", {}, None, id="inline code of nobody"),
        pytest.param("open", {"owner": {"userId": "42"}}, "OwnerNotAllowed", id="an owner where none is listed"),
        pytest.param("team", {"owner": {"userId": "42"}}, None, id="a listed owner"),
        pytest.param("team", {"owner": {"userId": "42", "subject": "alice"}}, None, id="both ids listed"),
        pytest.param(
            "team", {"owner": {"userId": "42", "subject": "bob"}}, "OwnerNotAllowed", id="somebody else's second id"
        ),
        pytest.param("team", {"owner": {"userId": "7"}}, "OwnerNotAllowed", id="an owner that is not listed"),
        pytest.param("api", {"owner": {"userId": "7"}}, None, id="any owner, where the API writes"),
        pytest.param(
            "team", {"source": WORKFLOW, "owner": {"userId": "42"}}, None, id="a stored strategy of its owner"
        ),
        pytest.param("team", {"source": WORKFLOW}, "OwnerNotAllowed", id="a stored strategy of nobody"),
        pytest.param("api", {"source": WORKFLOW}, "OwnerNotAllowed", id="a stored strategy of nobody, anywhere"),
        pytest.param("team", {"executionMode": "live"}, "LiveNotAllowed", id="live where it is not allowed"),
        pytest.param("api", {"executionMode": "live"}, None, id="live where it is"),
    ],
)
def test_what_is_forbidden(namespace: str, spec: dict[str, Any], expected: str | None) -> None:
    assert verdict(namespace, **spec) == expected


@pytest.mark.parametrize("text", ["", "[]", '[{"owners": []}]', '[{"name": "a", "owner": ["42"]}]', '{"name": "a"}'])
def test_policies_that_say_nothing_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_policies(text)
