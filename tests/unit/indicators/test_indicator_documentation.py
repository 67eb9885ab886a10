"""The page about the indicators says what they are: every code, its outputs, its defaults and its warm-up."""

import math
import re
from pathlib import Path
from typing import Any

import pytest

from strategy_sandbox.workflow.indicators import IndicatorError, indicator_codes, needs_prices, open_indicator

PAGE = (Path(__file__).parents[3] / "docs" / "indicators.md").read_text()
ROWS = {
    cells[0]: cells
    for line in PAGE.splitlines()
    if line.startswith("| ") and (cells := [cell.strip() for cell in line.strip("|").split("|")])[0] != "code"
}
DEFAULTS = {
    "period": 20,
    "fastPeriod": 12,
    "slowPeriod": 26,
    "signalPeriod": 9,
    "kPeriod": 14,
    "slowing": 3,
    "dPeriod": 3,
    "multiplier": 2,
    "acceleration": 0.02,
    "maximum": 0.2,
}


def test_has_a_row_for_every_code_and_no_other() -> None:
    assert set(ROWS) == set(indicator_codes())


@pytest.mark.parametrize("code", indicator_codes())
def test_row(code: str) -> None:
    _, parameters, outputs, formula, warm_up, _ = ROWS[code]
    indicator = open_indicator(code, {})
    assert tuple(outputs.split(", ")) == indicator.outputs
    assert ("needs prices" in formula) == needs_prices(code)
    assert dict(named(parameters)) == {name: default for name, default in DEFAULTS.items() if reads(code, name)}
    assert documented(warm_up) == indicator.warm_up


def named(parameters: str) -> list[tuple[str, float]]:
    return [(name, float(default)) for name, default in re.findall(r"(\w+)=([\d.]+)", parameters)]


def reads(code: str, name: str) -> bool:
    try:
        open_indicator(code, {name: "wrong"})
    except IndicatorError:
        return True
    return False


def documented(warm_up: str) -> int:
    names: dict[str, Any] = {
        "n": 20,
        "kPeriod": 14,
        "slowing": 3,
        "dPeriod": 3,
        "fast": 12,
        "slow": 26,
        "signal": 9,
        "max": max,
        "floor": math.floor,
        "sqrt": math.sqrt,
    }
    text = re.sub(r"⌊(.+?)⌋", r"floor(\1)", warm_up.split(" at the", maxsplit=1)[0]).replace("√n", "sqrt(n)")
    return int(eval(re.sub(r"(\d)n", r"\1*n", text), {"__builtins__": {}}, names))


@pytest.mark.parametrize(("code", "parameters", "least"), [(code, row[1], row[1]) for code, row in ROWS.items()])
def test_least_period(code: str, parameters: str, least: str) -> None:
    if "period" not in parameters:
        return
    lowest = int(found[1]) if (found := re.search(r"≥(\d+)", least)) else 1
    assert open_indicator(code, {"period": lowest}).warm_up >= 1
    with pytest.raises(IndicatorError, match=f"from {lowest} to 1000"):
        open_indicator(code, {"period": lowest - 1})


def test_names_every_other_spelling() -> None:
    spelled = re.search(r"stores: (.*?)\.\n", PAGE, re.DOTALL)
    assert spelled
    for name in re.findall(r"[A-Z_]{2,}", spelled[1]):
        assert open_indicator(name, {}).outputs
