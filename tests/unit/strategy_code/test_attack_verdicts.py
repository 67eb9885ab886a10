"""The static policy's verdict on every attack of this repository, and on the larger corpus where it is at hand."""

from collections import Counter

import pytest

from corpus.cases import OWN, Case, honest_strategies, own_attacks, shared_attacks
from strategy_code.analysis import analyse
from strategy_code.verdict import Verdict

ABSENT = [pytest.param(None, marks=pytest.mark.skip(reason="the larger corpus is not at hand"))]


def verdict_on(case: Case) -> Verdict:
    return analyse({"main.py": case.source.decode("utf-8", "surrogateescape")}, "main.py")


def name_of(case: Case | None) -> str:
    return case.name if case else "absent"


def test_every_class_has_three_attacks_and_every_attack_is_indexed() -> None:
    attacks = own_attacks()
    assert min(Counter(case.category for case in attacks).values()) >= 3
    assert sorted(case.name for case in attacks) == sorted(path.stem for path in (OWN / "strategies").glob("*.py"))


@pytest.mark.parametrize("case", own_attacks(), ids=name_of)
def test_an_attack_is_refused_at_its_line_or_admitted_for_the_sandbox(case: Case) -> None:
    verdict = verdict_on(case)
    assert verdict.admitted is (case.policy == "contain"), verdict.reason
    if case.policy == "reject":
        assert (verdict.findings[0].line,) == case.lines, verdict.reason


@pytest.mark.parametrize("case", [c for c in shared_attacks() if c.policy == "reject"] or ABSENT, ids=name_of)
def test_an_attack_of_the_larger_corpus_is_refused_at_its_line(case: Case) -> None:
    verdict = verdict_on(case)
    assert not verdict.admitted
    assert set(case.lines) & {finding.line for finding in verdict.findings}, verdict.reason


@pytest.mark.parametrize("case", honest_strategies() or ABSENT, ids=name_of)
def test_an_honest_strategy_is_admitted(case: Case) -> None:
    assert verdict_on(case).admitted, verdict_on(case).reason
