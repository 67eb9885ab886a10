"""What a process does not need, it does not load; and the source roots never hide the standard library."""

import operator
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_contracts_a_runner_needs_never_load_pydantic() -> None:
    modules = "bar, bundle, checkpoint, market_protocol, runner_config, signal, status_report, topics, worker_protocol"
    program = f"from strategy_contracts import {modules}; import sys; print('pydantic' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"


def test_the_folder_operator_does_not_hide_the_standard_module() -> None:
    assert operator.itemgetter(1)([1, 2]) == 2
    assert not (ROOT / "operator" / "__init__.py").exists()
    assert not (ROOT / "runner" / "__init__.py").exists()
