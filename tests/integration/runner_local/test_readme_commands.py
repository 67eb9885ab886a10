"""What the README shows to somebody who has one minute works as it stands there."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text()
COMMANDS = re.findall(r"^\$ (strategyctl .*)$", README, re.MULTILINE)
(STRATEGY,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def strategyctl(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "strategyctl", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_readme_succeeds_and_says_something(command: str) -> None:
    result = strategyctl(*shlex.split(command)[1:])
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip()


def test_the_strategy_of_the_readme_is_admitted_and_gives_signals(tmp_path: Path) -> None:
    file = tmp_path / "strategy.py"
    file.write_text(STRATEGY)
    assert strategyctl("check", str(file)).returncode == 0
    bars = ROOT / "examples" / "bars" / "BTCUSDT-1m.csv"
    result = strategyctl(
        *("run", "--strategy", str(file), "--bars", str(bars), "--symbols", "BTCUSDT", "--timeframe", "1m")
    )
    assert result.returncode == 0, result.stderr
    assert "BUY" in result.stdout
