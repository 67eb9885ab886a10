"""Where a strategy may come from, and what is said when it cannot be read."""

from pathlib import Path

import pytest

from strategyctl.errors import UnusableInput
from strategyctl.strategy_files import read_strategy

CODE = "def generate_signals(data, parameters):\n    return []\n"
MANIFEST = """
apiVersion: trading.alphintra.io/v1alpha1
kind: TradingStrategy
metadata: {name: rsi-dip}
spec:
  source: {inline: {files: {main.py: "def generate_signals(data, parameters): return []"}}}
  symbols: [BTCUSDT, ETHUSDT]
  timeframe: 5m
  lookbackBars: 50
  parameters: {period: 7}
  signals: {cooldownSeconds: 0}
  limits: {memory: 256Mi, executionTimeoutSeconds: 3}
"""


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file(tmp_path: Path) -> None:
    strategy = read_strategy(written(tmp_path / "dip.py", CODE))
    assert (strategy.name, strategy.files, strategy.main_file) == ("dip", {"dip.py": CODE}, "dip.py")


def test_a_folder_with_packages(tmp_path: Path) -> None:
    for name in ("main.py", "rules/__init__.py", "rules/entry.py", ".venv/lib/x.py", "notes.txt"):
        written(tmp_path / "dip" / name, CODE)
    strategy = read_strategy(tmp_path / "dip")
    assert sorted(strategy.files) == ["main.py", "rules/__init__.py", "rules/entry.py"]
    assert (strategy.name, strategy.main_file) == ("dip", "main.py")


def test_a_folder_with_a_single_file_needs_no_main(tmp_path: Path) -> None:
    written(tmp_path / "dip.py", CODE)
    assert read_strategy(tmp_path).main_file == "dip.py"


def test_a_manifest_among_other_resources(tmp_path: Path) -> None:
    path = written(tmp_path / "dip.yaml", "apiVersion: v1\nkind: Namespace\n---" + MANIFEST)
    strategy = read_strategy(path)
    assert (strategy.name, strategy.main_file) == ("rsi-dip", "main.py")
    assert strategy.spec["symbols"] == ("BTCUSDT", "ETHUSDT")
    assert strategy.spec["lookback_bars"] == 50


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        pytest.param("none.py", None, "none.py: No such file or directory", id="a file that is not there"),
        pytest.param("none.yaml", None, "none.yaml: No such file or directory", id="nor a manifest"),
        pytest.param("a.yaml", "kind: Pod", "holds 0 resources of kind TradingStrategy", id="another kind"),
        pytest.param("a.yaml", "a: b: c", "mapping values are not allowed", id="no YAML"),
        pytest.param("a.json", "{", "Expecting property name", id="no JSON"),
        pytest.param("a.yaml", MANIFEST.replace("5m", "7m"), "spec.timeframe: Input should be '1m'", id="a timeframe"),
        pytest.param(
            "a.yaml", MANIFEST.replace("lookbackBars", "lookback"), "spec.lookback: Extra inputs", id="an unknown field"
        ),
        pytest.param(
            "a.yaml",
            MANIFEST.replace(
                '{inline: {files: {main.py: "def generate_signals(data, parameters): return []"}}}',
                "{noCode: {workflowId: 7b0e0c9e-0000-4000-8000-000000000000}}",
            ),
            "only what is inline can be run without a cluster",
            id="code that is elsewhere",
        ),
    ],
)
def test_what_cannot_be_read_is_told_by_name(tmp_path: Path, name: str, text: str | None, sentence: str) -> None:
    path = tmp_path / name
    if text is not None:
        written(path, text)
    with pytest.raises(UnusableInput) as caught:
        read_strategy(path)
    assert str(path) in str(caught.value)
    assert sentence in str(caught.value)


def test_a_folder_without_a_main_is_ambiguous(tmp_path: Path) -> None:
    written(tmp_path / "a.py", CODE)
    written(tmp_path / "b.py", CODE)
    with pytest.raises(UnusableInput, match=r"Call it main\.py"):
        read_strategy(tmp_path)


def test_a_folder_without_python_is_none(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match="holds no Python file"):
        read_strategy(tmp_path)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "x.py").write_bytes(b"\xff\xfe")
    with pytest.raises(UnusableInput, match=r"not UTF-8 text \(byte 0\)"):
        read_strategy(tmp_path / "x.py")
