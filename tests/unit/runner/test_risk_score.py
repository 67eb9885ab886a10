import pytest

from builders import a_bar
from strategy_runner.risk_score import average_true_range, risk_score


def test_a_gap_belongs_to_the_true_range() -> None:
    bars = [a_bar(0, close=100), a_bar(1, close=110)]
    assert average_true_range(bars) == pytest.approx(11)


def test_only_the_newest_fourteen_ranges_count() -> None:
    wild = [a_bar(index, close=100, high=200, low=50) for index in range(10)]
    calm = [a_bar(10 + index, close=100) for index in range(15)]
    assert average_true_range([*wild, *calm]) == pytest.approx(2)


def test_one_bar_has_its_own_range() -> None:
    assert average_true_range([a_bar(0)]) == pytest.approx(2)


@pytest.mark.parametrize(
    ("price", "stop", "score", "source"),
    [
        pytest.param(100.0, 97.5, 0.5, "stop_distance", id="half the way to five percent"),
        pytest.param(100.0, 102.5, 0.5, "stop_distance", id="on either side"),
        pytest.param(100.0, 1.0, 1.0, "stop_distance", id="never above one"),
        pytest.param(100.0, None, 0.4, "atr", id="by how much the price moves"),
        pytest.param(1.0, None, 1.0, "atr", id="never above one either"),
        pytest.param(None, None, 1.0, "unknown", id="unknown is the highest"),
    ],
)
def test_the_score(price: float | None, stop: float | None, score: float, source: str) -> None:
    assert risk_score(price, stop, [a_bar(0), a_bar(1)]) == (pytest.approx(score), source)
