"""`strategyctl check --bars`: a decision that later bars would change is found, with bar and line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from shape_samples import SAMPLES, twin_bars

PEEKING = """
class Peek:
    def execute(self, df):
        df["signal"] = 0
        later = df["close"].shift(-1)
        df.loc[later > df["close"] + 1, "signal"] = 1
        return df
"""
FILLED_BACK = """
import pandas as pd

def compute_indicators(df):
    df = df.copy()
    df["mean"] = df["close"].rolling(5).mean().bfill()
    return df

def generate_trading_decisions(df):
    df["decision"] = (df["close"] > df["mean"]).map({True: "BUY", False: "HOLD"})
    return df
"""


WAITING = """
class Waits:
    def execute(self, df):
        df["signal"] = 0
        if len(df) >= 30:
            df["signal"] = (df["close"] > df["close"].rolling(5).mean()).astype(int)
        return df
"""


@pytest.fixture
def bars(tmp_path: Path) -> Path:
    lines = ["open_time,open,high,low,close,volume"]
    lines += [f"{b.open_time},{b.open},{b.high},{b.low},{b.close},{b.volume}" for b in twin_bars(60)]
    file = tmp_path / "bars.csv"
    file.write_text("\n".join(lines) + "\n")
    return file


def check(file: Path, bars: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "strategyctl", "check", str(file), "--bars", str(bars), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        pytest.param(PEEKING, 5, "nothing with the bars up to it, BUY when later bars are known", id="shift(-1)"),
        pytest.param(FILLED_BACK, 6, "with the bars up to it", id="filled backwards"),
    ],
)
def test_look_ahead_is_found(tmp_path: Path, bars: Path, source: str, line: int, words: str) -> None:
    file = tmp_path / "strategy.py"
    file.write_text(source)
    checked = check(file, bars, "--symbol", "BTCUSDT", "--format", "json")
    assert checked.returncode == 1, checked.stderr
    (finding,) = json.loads(checked.stdout)["findings"]
    assert (finding["rule"], finding["line"]) == ("look-ahead", line)
    assert words in finding["message"] and "bar 2023-03-01T00:" in finding["message"]


@pytest.mark.parametrize("path", ["A/breakout_levels.py", "L/momentum_script.py"])
def test_an_honest_strategy_passes(bars: Path, path: str) -> None:
    checked = check(SAMPLES / path, bars, "--symbol", "BTCUSDT")
    assert checked.returncode == 0, checked.stderr
    assert "admitted, called as" in checked.stdout
    assert "not compared" not in checked.stdout


@pytest.mark.parametrize(
    ("path", "what"),
    [
        pytest.param("N1/momentum.py", "(kind N1) answers for the newest bar only", id="a kind that gives decisions"),
        pytest.param("J/momentum_list.py", "gives no frame, so it answers for", id="execute that gives a list"),
    ],
)
def test_what_is_not_compared_is_admitted_and_named_with_the_reason(bars: Path, path: str, what: str) -> None:
    checked = check(SAMPLES / path, bars, "--symbol", "BTCUSDT")
    assert checked.returncode == 0, checked.stderr
    warning, verdict = checked.stdout.splitlines()
    assert warning.startswith("warning: ") and warning.endswith("[look-ahead]")
    assert f"{what}" in warning and "not compared: " in warning
    assert "admitted, called as" in verdict


def test_waiting_for_enough_bars_is_no_look_ahead(tmp_path: Path, bars: Path) -> None:
    file = tmp_path / "strategy.py"
    file.write_text(WAITING)
    checked = check(file, bars, "--symbol", "BTCUSDT")
    assert checked.returncode == 0, checked.stdout


def test_bars_need_a_symbol(bars: Path) -> None:
    checked = check(SAMPLES / "D/momentum_column.py", bars)
    assert checked.returncode != 0 and "--symbol" in checked.stderr
