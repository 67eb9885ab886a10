"""Which file of a project is the strategy, where no name says so."""

import pytest

from strategy_code.main_file import files_with_entry_point

STRATEGY = "def generate_signals(data, parameters):\n    return []\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": "X = 1\n", "rsi.py": STRATEGY}, ["rsi.py"]),
        ({"a.py": STRATEGY, "b.py": STRATEGY}, ["a.py", "b.py"]),
        ({"src/rsi.py": "from .util import X\n" + STRATEGY, "src/util.py": "X = 1\n"}, ["src/rsi.py"]),
        ({"deep/er/b.py": STRATEGY, "a.py": STRATEGY}, ["a.py", "deep/er/b.py"]),
        ({"a.py": "X = 1\n", "b.py": ""}, []),
        ({"broken.py": "def (", "rsi.py": STRATEGY}, ["rsi.py"]),
        ({"test_rsi.py": STRATEGY, "rsi_test.py": STRATEGY, "setup.py": STRATEGY, "__init__.py": STRATEGY}, []),
        ({"README.md": STRATEGY}, []),
        ({f"f{number}.py": STRATEGY for number in range(300)}, []),
        ({"a.py": "#" * 600_000, "b.py": STRATEGY}, []),
    ],
    ids=[
        "one",
        "two",
        "relative imports",
        "nearest first",
        "none",
        "one that does not parse",
        "what is never a strategy",
        "no Python",
        "too many to look",
        "too much to look",
    ],
)
def test_files_with_an_entry_point(files: dict[str, str], expected: list[str]) -> None:
    assert files_with_entry_point(files) == expected
