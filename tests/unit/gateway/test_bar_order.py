"""What an update from a stream means."""

import pytest

from builders import T0, a_bar
from market_gateway.bar_order import Verdict, judge, revised
from strategy_contracts.bar import Bar

MINUTE = 60_000
EXPECTED = T0 + 10 * MINUTE


@pytest.mark.parametrize(
    ("bar", "known", "verdict"),
    [
        pytest.param(a_bar(10), None, Verdict.CLOSED, id="the next closed bar"),
        pytest.param(a_bar(10, closed=False), None, Verdict.PROVISIONAL, id="the bar in progress"),
        pytest.param(a_bar(11), None, Verdict.MISSING_BEFORE, id="a closed bar after one that was not seen"),
        pytest.param(a_bar(11, closed=False), None, Verdict.MISSING_BEFORE, id="progress after a close not seen"),
        pytest.param(a_bar(9), a_bar(9), Verdict.DUPLICATE, id="the same closed bar again"),
        pytest.param(a_bar(9), a_bar(9, revision=3), Verdict.DUPLICATE, id="the same values as its revision"),
        pytest.param(a_bar(9, close=101.0), a_bar(9), Verdict.REVISED, id="a closed bar with another value"),
        pytest.param(a_bar(9), None, Verdict.REVISED, id="a bar that was believed not to exist"),
        pytest.param(a_bar(9, closed=False), a_bar(9), Verdict.STALE, id="progress of a bar that has closed"),
    ],
)
def test_verdict(bar: Bar, known: Bar | None, verdict: Verdict) -> None:
    assert judge(bar, EXPECTED, known) is verdict


@pytest.mark.parametrize(("known", "number"), [(None, 1), (a_bar(9), 1), (a_bar(9, revision=4), 5)])
def test_revisions_count_on(known: Bar | None, number: int) -> None:
    assert revised(a_bar(9, close=7.0), known).revision == number
