"""The verdict as people and as programs read it."""

import json
from pathlib import Path

import pytest

from strategyctl.__main__ import main

EXAMPLES = Path(__file__).parents[3] / "examples"
REFUSED = "import os\n\ndef generate_signals(data, parameters):\n    return []\n"


@pytest.fixture
def refused(tmp_path: Path) -> Path:
    path = tmp_path / "spy.py"
    path.write_text(REFUSED)
    return path


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.name)
def test_every_example_is_admitted(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(path)]) == 0
    assert f"{path.stem}: admitted, called as " in capsys.readouterr().out


def test_an_admitted_strategy_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(EXAMPLES / "rsi_dip.py"), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "admitted": True,
        "entryPoint": "generate_signals(data, parameters)",
        "shape": "N1",
        "findings": [],
    }


def test_a_refused_strategy_as_json(refused: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(refused), "--format", "json"]) == 1
    verdict = json.loads(capsys.readouterr().out)
    assert (verdict["admitted"], verdict["entryPoint"], verdict["shape"]) == (False, None, None)
    (finding,) = verdict["findings"]
    assert set(finding) == {"rule", "severity", "message", "file", "line", "column"}
    assert (finding["severity"], finding["file"], finding["line"]) == ("error", "spy.py", 1)


def test_a_refused_strategy_as_text(refused: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(refused)]) == 1
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first.startswith("error: spy.py:1:")
    assert last == "spy: refused"


def test_a_missing_file_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "/none.py"]) == 2
    assert capsys.readouterr().err == "strategyctl: /none.py: No such file or directory\n"
