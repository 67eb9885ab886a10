"""`strategyctl run` as a user starts it: signals on standard output, sentences on standard error, exit codes."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
BTC = f"BTCUSDT={ROOT / 'examples/bars/BTCUSDT-1m.csv'}"
ETH = f"ETHUSDT={ROOT / 'examples/bars/ETHUSDT-1m.csv'}"


def command(strategy: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "strategyctl", "run", "--strategy", str(strategy), "--timeframe", "1m", *options]


def run(strategy: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(strategy, "--bars", BTC, "--symbols", "BTCUSDT", *options),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def strategy(tmp_path: Path) -> Path:
    return tmp_path / "mine.py"


def test_signals_are_json_lines_in_order(strategy: Path) -> None:
    strategy.write_text(
        "def generate_signals(data, parameters):\n"
        "    bars = data['BTCUSDT']\n"
        "    up = bars['close'].iloc[-1] > bars['open'].iloc[-1]\n"
        "    return {'symbol': 'BTCUSDT', 'action': 'buy' if up else 'sell', 'metadata': {'bars': len(bars)}}\n"
    )
    done = run(strategy, "--lookback", "30", "--parameters", '{"quantity": 2}')
    signals = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert len(signals) > 100
    assert [item["sequence"] for item in signals] == list(range(1, len(signals) + 1))
    assert sorted({item["evaluation_time"] for item in signals}) == [item["evaluation_time"] for item in signals]
    assert {item["metadata"]["bars"] for item in signals} == {30}
    assert {item["execution_params"]["quantity"] for item in signals} == {2.0}
    assert done.stderr.splitlines()[-1].startswith(f"1411 evaluations, {len(signals)} signals, ")


def test_equal_runs_give_equal_signals(strategy: Path) -> None:
    """All but the moment at which they were made."""

    def signals() -> list[dict[str, object]]:
        found = [json.loads(line) for line in run(ROOT / "examples/breakout.py").stdout.splitlines()]
        return [{name: value for name, value in item.items() if name != "generated_at"} for item in found]

    first = signals()
    assert len(first) > 10
    assert first == signals()


def test_a_table_for_two_symbols() -> None:
    done = subprocess.run(
        command(
            ROOT / "examples/sma_cross.py",
            "--bars",
            BTC,
            "--bars",
            ETH,
            "--symbols",
            "BTCUSDT,ETHUSDT",
            "--format",
            "table",
        ),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    header, *rows = done.stdout.splitlines()
    assert header.split()[:4] == ["time", "(UTC)", "symbol", "action"]
    assert {row.split()[2] for row in rows} == {"BTCUSDT", "ETHUSDT"}


def test_what_a_strategy_prints_goes_to_standard_error(strategy: Path) -> None:
    strategy.write_text("def generate_signals(data, parameters):\n    print('seen', len(data['BTCUSDT']))\n")
    done = run(strategy)
    assert done.stdout == ""
    assert "strategy: seen 200\n" in done.stderr


def test_a_strategy_that_fails_is_told_with_its_line_and_given_up(strategy: Path) -> None:
    strategy.write_text("def generate_signals(data, parameters):\n    return 1 / 0\n")
    done = run(strategy)
    assert done.returncode == 1
    assert "mine.py:2: StrategyError: ZeroDivisionError: division by zero" in done.stderr
    assert "strategyctl: gave up: ZeroDivisionError: division by zero" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_strategy_that_does_not_load_is_told_with_its_line(strategy: Path) -> None:
    strategy.write_text("LIMIT = {}['none']\n\ndef generate_signals(data, parameters):\n    return []\n")
    done = run(strategy)
    assert done.returncode == 1
    assert "mine.py:1: LoadFailed: KeyError: 'none'" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_endless_loop_is_killed_at_its_deadline(tmp_path: Path) -> None:
    code = "def generate_signals(data, parameters):\n    while True:\n        pass\n"
    manifest = {
        "apiVersion": "trading.alphintra.io/v1alpha1",
        "kind": "TradingStrategy",
        "metadata": {"name": "loop"},
        "spec": {
            "source": {"inline": {"files": {"main.py": code}}},
            "symbols": ["BTCUSDT"],
            "timeframe": "1m",
            "limits": {"executionTimeoutSeconds": 0.1},
        },
    }
    path = tmp_path / "loop.json"
    path.write_text(json.dumps(manifest))
    done = subprocess.run(
        [sys.executable, "-m", "strategyctl", "run", "--strategy", str(path), "--bars", BTC],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "Timeout: the evaluation took longer than 0.1 s" in done.stderr


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_an_interrupt_stops_in_order_and_leaves_no_process(strategy: Path) -> None:
    strategy.write_text(
        "import time\n\ndef generate_signals(data, parameters):\n    print('working')\n    time.sleep(0.05)\n"
    )
    options = ["--bars", BTC, "--symbols", "BTCUSDT"]
    with subprocess.Popen(
        command(strategy, *options), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as started:
        assert started.stderr is not None
        for line in started.stderr:
            if "working" in line:
                break
        wardens = children(started.pid)
        processes = wardens + [worker for warden in wardens for worker in children(warden)]
        started.send_signal(signal.SIGINT)
        _, said = started.communicate(timeout=20)
    assert started.returncode == 130
    assert "Traceback" not in said
    deadline = time.monotonic() + 5
    assert len(processes) == 2
    while any(Path(f"/proc/{pid}").exists() for pid in processes):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_reader_that_has_seen_enough_is_no_error(strategy: Path) -> None:
    strategy.write_text(
        "def generate_signals(data, parameters):\n"
        "    bars = data['BTCUSDT']\n"
        "    up = bars['close'].iloc[-1] > bars['open'].iloc[-1]\n"
        "    return {'symbol': 'BTCUSDT', 'action': 'BUY' if up else 'SELL'}\n"
    )
    with subprocess.Popen(
        command(strategy, "--bars", BTC, "--symbols", "BTCUSDT"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as started:
        assert started.stdout is not None
        assert started.stderr is not None
        started.stdout.readline()
        started.stdout.close()
        said = started.stderr.read()
    assert "Traceback" not in said
    assert started.returncode == 0
