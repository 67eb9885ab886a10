import pytest

from strategy_runner.strategy_imports import top_level_imports


@pytest.mark.parametrize(
    ("files", "names"),
    [
        pytest.param({"main.py": "import numpy as np, pandas"}, ("numpy", "pandas"), id="import"),
        pytest.param({"main.py": "from ta.momentum import RSIIndicator"}, ("ta",), id="from a submodule"),
        pytest.param({"main.py": "def f():\n    import scipy.stats"}, ("scipy",), id="inside a function"),
        pytest.param({"main.py": "import rules\nfrom . import x", "rules.py": ""}, (), id="the bundle's own files"),
        pytest.param({"main.py": "import pkg.part", "pkg/part.py": "import math"}, ("math",), id="its own packages"),
        pytest.param({"main.py": "def (", "other.py": "import math"}, ("math",), id="a file that does not parse"),
        pytest.param({"main.py": "import math\n1if math else 2"}, ("math",), id="a file that Python warns of"),
        pytest.param({"main.py": "import a" + ".b" * 20_000}, (), id="a file that would hurt the parser"),
        pytest.param({"notes.txt": "import os"}, (), id="what is not Python"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_imports(files: dict[str, str], names: tuple[str, ...]) -> None:
    assert top_level_imports(files) == names
