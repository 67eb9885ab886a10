"""Names of resources made by REST: labels, stable, and different for different runs."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategy_api.start_request import run_name

LABEL = re.compile(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")


@given(st.sampled_from(["no_code", "ai_ml"]), st.text(min_size=1, max_size=200), st.text(min_size=1, max_size=200))
def test_any_ids_make_a_label(source: str, strategy_id: str, owner: str) -> None:
    name = run_name(source, strategy_id, owner)
    assert LABEL.match(name)
    assert len(name) <= 48


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(("ai_ml", "a", "42"), id="another source"),
        pytest.param(("no_code", "A", "42"), id="an id that differs in case only"),
        pytest.param(("no_code", "a", "4"), id="another owner"),
        pytest.param(("no_code", "a\x0042", ""), id="the parts are not glued together"),
    ],
)
def test_different_runs_have_different_names(other: tuple[str, str, str]) -> None:
    assert run_name(*other) != run_name("no_code", "a", "42")


def test_the_name_never_changes_with_a_release() -> None:
    name = run_name("no_code", "7b0e0c9e-1111-4222-8333-444455556666", "42")
    assert name == "no-code-7b0e0c9e-1111-4222-8333-444455-42714feb"
