"""Two strategies of every shape in the real box: what they decide is what their references say, bar for bar."""

from collections import Counter
from collections.abc import Sequence

import pytest

from shape_references import dip_sizes
from shape_runs import ShapeRun, entry_point_of, files_of, run_shape
from shape_samples import ALL, RECORDED, Sample, recorded_bars, twin_bars
from strategy_contracts.bar import Bar
from strategy_contracts.bundle import Shape
from warden_client import Supervisor

BY_PATH = {sample.path: sample for sample in ALL}
MERGED = {"O1": "I", "O2": "K", "O3": "D", "J": "D"}
"""Rows of the platform's table that are called alike: what comes back tells them apart."""
STATEFUL = ("G/dip_with_position.py", "H/dip_with_context.py", "J/breakout_list.py", "N2/breakout_object.py")


def check(sample: Sample, found: ShapeRun, bars: Sequence[Bar]) -> None:
    actions = [(bar, candidate) for bar, candidate in found.decisions if candidate.action != "HOLD"]
    refused = [item for item in actions if item[1].action not in ("BUY", "SELL", "CLOSE_LONG")]
    decided = [item for item in actions if item not in refused]
    expected = sample.reference(bars)
    assert [(bar, candidate.action) for bar, candidate in decided] == expected
    assert {action for _, action in expected} >= {"BUY"} and len({action for _, action in expected}) == 2
    for number, candidate in decided:
        for name, value in sample.fields(candidate.action, bars[number]).items():
            if isinstance(value, dict):
                assert value.items() <= getattr(candidate, name).items()
            else:
                assert getattr(candidate, name) == (pytest.approx(value) if value is not None else None), name
    assert len(found.signals) == len(decided)
    if sample.refused is not None:
        assert found.refused[sample.refused] == len(refused) > 0


@pytest.mark.parametrize("sample", ALL, ids=lambda sample: sample.path)
def test_a_sample_decides_what_its_reference_says(supervisor: Supervisor, sample: Sample) -> None:
    bars = twin_bars()
    found = run_shape(supervisor, files_of(sample.file), {"BTCUSDT": bars})
    check(sample, found, bars)


@pytest.mark.skipif(not RECORDED.exists(), reason="the recorded bars are not beside this checkout")
@pytest.mark.parametrize("sample", ALL, ids=lambda sample: sample.path)
def test_a_sample_trades_on_recorded_bars(supervisor: Supervisor, sample: Sample) -> None:
    bars = recorded_bars(500)
    found = run_shape(supervisor, files_of(sample.file), {"BTCUSDT": bars})
    check(sample, found, bars)


def test_every_shape_has_two_samples() -> None:
    counts = Counter(sample.shape for sample in ALL)
    assert set(counts.values()) == {2}
    found = {entry_point_of(files_of(sample.file)).shape for sample in ALL}
    assert found == set(Shape) - {Shape.WORKFLOW}
    for sample in ALL:
        shape = entry_point_of(files_of(sample.file)).shape
        assert shape.value in (MERGED.get(sample.shape, sample.shape), "N1", "N3"), sample.path


@pytest.mark.parametrize("path", STATEFUL)
def test_a_kill_after_every_fiftieth_bar_changes_nothing(supervisor: Supervisor, path: str) -> None:
    bars, files = twin_bars(), files_of(BY_PATH[path].file)
    whole = run_shape(supervisor, files, {"BTCUSDT": bars})
    interrupted = run_shape(supervisor, files, {"BTCUSDT": bars}, kill_every=50)
    assert interrupted.decisions == whole.decisions
    assert interrupted.signals == whole.signals
    assert len(whole.signals) > 10 and not whole.not_restorable


@pytest.mark.parametrize("path", ["G/dip_with_position.py", "H/dip_with_context.py"])
def test_the_size_of_an_order_follows_all_rounds_before(supervisor: Supervisor, path: str) -> None:
    bars = twin_bars()
    found = run_shape(supervisor, files_of(BY_PATH[path].file), {"BTCUSDT": bars}, kill_every=7)
    sizes = [(bar, item.action, item.quantity) for bar, item in found.decisions]
    assert sizes == dip_sizes(bars)
    limits = {item.order_type for _, item in found.decisions if item.action == "BUY"}
    assert limits == {"LIMIT"} and len({quantity for _, _, quantity in sizes}) == 3


@pytest.mark.parametrize(
    "path", ["D/breakout_column.py", "I/breakout_plain.py", "M/breakout_engine.py", "L/mean_script.py"]
)
def test_a_shape_of_one_frame_is_asked_about_every_symbol(supervisor: Supervisor, path: str) -> None:
    sample, series = BY_PATH[path], {"BTCUSDT": twin_bars(120), "ETHUSDT": twin_bars(120, phase=2.0)}
    found = run_shape(supervisor, files_of(sample.file), series)
    for symbol, bars in series.items():
        decided = [(bar, item.action) for bar, item in found.decisions if item.symbol == symbol]
        assert [item for item in decided if item[1] != "HOLD"] == sample.reference(bars)


WITH_A_DEQUE = """
from collections import deque

class Mine:
    def __init__(self):
        self.closes = deque(maxlen=20)
        self.asked = 0

    def on_data(self, data):
        self.asked += 1
        self.closes.append(data["close"].iloc[-1])
        print("asked", self.asked)
        mean = sum(self.closes) / len(self.closes)
        price = self.closes[-1]
        signal = "BUY" if price < mean * 0.999 else "SELL" if price > mean * 1.001 else "HOLD"
        return {"signal": signal, "metadata": {"asked": self.asked, "known": len(self.closes)}}
"""


def test_what_cannot_travel_is_rebuilt_from_the_lookback(supervisor: Supervisor) -> None:
    files, bars = {"main.py": WITH_A_DEQUE}, twin_bars(200)
    whole = run_shape(supervisor, files, {"BTCUSDT": bars})
    interrupted = run_shape(supervisor, files, {"BTCUSDT": bars}, kill_every=50)
    assert interrupted.decisions == whole.decisions
    assert whole.not_restorable == interrupted.not_restorable == {"closes"}
    assert "state rebuilt from 59 of 59 closes" in supervisor.printed
