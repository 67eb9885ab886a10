"""Sources to begin with: the project's own attacks and examples, and the larger corpus where it is at hand.

A case of several files is one text: a line `#:file name` begins each file but the first, which is main.py.
"""

import os
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAIN = "main.py"
_MARK = "#:file "
_LONGEST_SEED = 20_000

_HOLD = "def generate_signals(data, parameters):\n    return []\n"
_SEVERAL_FILES = (
    f"from helper import x\nx.y\n{_HOLD}#:file helper.py\nfrom main import x\nimport numpy as x\n",
    "from pack.inner import Base\nclass Strategy(Base):\n    pass\n"
    "#:file pack/inner.py\nfrom .deeper import *\nclass Base:\n"
    "    def generate_signals(self, data):\n        return []\n#:file pack/deeper.py\nimport pandas as pd\n",
    "class A: pass\nclass B(A, A): pass\nclass C(B, B, A):\n    def generate_signals(self, data): return []\n",
    "def f(a):\n    try:\n        if a: return 1\n"
    "    finally:\n        try:\n            pass\n        finally:\n            a = 2\n" + _HOLD,
    f"T = '{{a:{{b}}}}'\nT.format(a=1, b=2)\nframe = 1\nframe.query('close > 1')\n{_HOLD}",
)


@cache
def sources() -> tuple[str, ...]:
    """All seeds, always in the same order."""
    shared = Path(os.environ.get("STRATEGY_CORPUS", ROOT.parent / "shared" / "corpus"))
    folders = (ROOT / "tests" / "attacks" / "strategies", ROOT / "examples", shared / "attacks", shared / "benign")
    paths = sorted(path for folder in folders if folder.is_dir() for path in folder.glob("*.py"))
    texts = (path.read_bytes().decode("utf-8", "replace") for path in paths)
    return (*_SEVERAL_FILES, *(text for text in texts if len(text) <= _LONGEST_SEED))


def files_of(case: str) -> dict[str, str]:
    """The bundle that the text of a case stands for."""
    files: dict[str, str] = {}
    name, lines = MAIN, []
    for line in case.split("\n"):
        if line.startswith(_MARK):
            files[name], lines = "\n".join(lines), []
            name = line.removeprefix(_MARK)
        else:
            lines.append(line)
    files[name] = "\n".join(lines)
    return files
