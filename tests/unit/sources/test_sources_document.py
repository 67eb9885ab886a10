"""docs/sources.md names every reason for which a source is refused, and no other."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]
DOCUMENT = (REPOSITORY / "docs/sources.md").read_text()
PACKAGES = ("strategy_sources", "strategy_operator")
CODE = "".join(file.read_text() for package in PACKAGES for file in (REPOSITORY / "operator" / package).glob("*.py"))
SAID = set(re.findall(r"(?:SourceRefused|NotResolved|Forbidden)\(\s*\"([A-Z]\w+)\"", CODE))
OF_THE_PIN = {"PinNotFound"}
OF_A_TIME = {"SourceUnavailable"}


def test_the_code_was_searched() -> None:
    assert len(SAID) > 15


@pytest.mark.parametrize("reason", sorted(SAID - OF_THE_PIN))
def test_every_reason_is_explained(reason: str) -> None:
    assert f"`{reason}`" in DOCUMENT


def test_no_reason_is_explained_that_nobody_gives() -> None:
    table = DOCUMENT.partition("| Reason | When |")[2].partition("\n\n")[0]
    reasons = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    explained = {word for line in reasons for word in re.findall(r"`([A-Z]\w+)`", line)}
    assert explained == SAID - OF_THE_PIN - OF_A_TIME
