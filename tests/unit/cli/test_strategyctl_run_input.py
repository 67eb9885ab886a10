"""What `strategyctl run` says before anything runs."""

import sys
from pathlib import Path

import pytest

from builders import a_report
from strategy_contracts.signal import utc
from strategy_contracts.status_report import Counters, Fault, RunError
from strategyctl.__main__ import main
from strategyctl.local_run import FaultPrinter, summary

ROOT = Path(__file__).parents[3]
STRATEGY = str(ROOT / "examples/rsi_dip.py")
BARS = str(ROOT / "examples/bars/BTCUSDT-1m.csv")


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["run", "--strategy", STRATEGY, *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    return captured.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(
            ["--symbols", "BTCUSDT", "--timeframe", "1m", "--bars", "none.csv"], "none.csv: No such", id="no file"
        ),
        pytest.param(["--timeframe", "1m", "--bars", BARS], "--symbols: name at least one", id="no symbol"),
        pytest.param(["--symbols", "BTCUSDT", "--bars", BARS], "--timeframe: one of", id="no timeframe"),
        pytest.param(
            ["--symbols", "BTCUSDT", "--timeframe", "1m", "--bars", f"DOGE={BARS}"],
            "DOGE is not among --symbols BTCUSDT",
            id="a symbol nobody asked for",
        ),
        pytest.param(
            ["--symbols", "BTCUSDT,ETHUSDT", "--timeframe", "1m", "--bars", f"BTCUSDT={BARS}"],
            "no bars of ETHUSDT",
            id="a symbol without bars",
        ),
        pytest.param(
            ["--symbols", "BTCUSDT", "--timeframe", "1m", "--bars", BARS, "--bars", BARS],
            "there are bars of BTCUSDT in an earlier file",
            id="bars twice",
        ),
        pytest.param(
            ["--symbols", "BTCUSDT", "--timeframe", "1h", "--bars", BARS],
            "line 3: open time 1704067260000 is not the start of a 1h bar",
            id="bars of another timeframe",
        ),
        pytest.param(
            ["--symbols", "BTCUSDT", "--timeframe", "1m", "--bars", BARS, "--parameters", "{"],
            "--parameters: not JSON",
            id="broken parameters",
        ),
    ],
)
def test_wrong_input_is_one_sentence(capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str) -> None:
    assert sentence in said(capsys, *arguments)


def test_a_refused_strategy_is_not_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "spy.py").write_text("import os\ndef generate_signals(data, parameters):\n    return []\n")
    options = ["--strategy", str(tmp_path / "spy.py"), "--bars", BARS, "--symbols", "BTCUSDT", "--timeframe", "1m"]
    assert main(["run", *options]) == 1
    assert "spy.py:1:" in capsys.readouterr().err


def test_the_summary_counts_refusals_by_reason() -> None:
    counters = Counters(evaluations=100, signals=7, faults=1, rejected={"repeat": 4, "cooldown": 2})
    assert summary(counters, 1.25) == (
        "100 evaluations, 7 signals, 6 not published (cooldown 2, repeat 4), 1 fault in 1.2 s"
    )


async def test_faults_are_told_once_with_their_place(capsys: pytest.CaptureFixture[str]) -> None:
    printer = FaultPrinter(sys.stderr)
    error = RunError(reason=Fault.STRATEGY_ERROR, message="ZeroDivisionError: no", time=utc(0), file="main.py", line=3)
    for faults in (1, 1, 1):
        await printer.write(a_report(last_error=error, counters=Counters(faults=faults)))
    again = RunError(reason=Fault.TIMEOUT, message="too slow", time=utc(9))
    await printer.write(a_report(last_error=again, counters=Counters(faults=5)))
    assert capsys.readouterr().err.splitlines() == [
        "main.py:3: StrategyError: ZeroDivisionError: no",
        "Timeout: too slow (and 3 more before it)",
    ]
