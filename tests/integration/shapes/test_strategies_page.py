"""Every example of docs/strategies.md is admitted and trades."""

import re
from pathlib import Path

import pytest

from shape_runs import entry_point_of, run_shape
from shape_samples import twin_bars
from strategy_contracts.bundle import Shape
from warden_client import Supervisor

PAGE = Path(__file__).parents[3] / "docs" / "strategies.md"
BLOCKS = [
    (section.splitlines()[0], block)
    for section in PAGE.read_text().split("\n## ")[1:]
    for block in re.findall(r"^```python\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
]


@pytest.mark.parametrize(("section", "source"), BLOCKS, ids=[section for section, _ in BLOCKS])
def test_an_example_trades(supervisor: Supervisor, section: str, source: str) -> None:
    found = run_shape(supervisor, {"main.py": source}, {"BTCUSDT": twin_bars()})
    assert len(found.actions) >= 3 and found.signals, section


def test_there_is_an_example_of_every_shape() -> None:
    shown = {entry_point_of({"main.py": source}).shape for _, source in BLOCKS}
    assert shown == set(Shape) - {Shape.WORKFLOW, Shape.FUNCTION_DATA}
