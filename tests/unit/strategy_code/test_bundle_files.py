"""The files of a bundle: paths, sizes, encodings, imports between them and of installed modules."""

import time

import pytest

from strategy_code.analysis import analyse
from strategy_code.layout import BundleLayout
from strategy_code.verdict import Finding, Verdict

ENTRY = "def generate_signals(data, parameters): return []\n"


def findings(files: dict[str, str] | str, main_file: str = "main.py") -> tuple[Finding, ...]:
    verdict = analyse({"main.py": files} if isinstance(files, str) else files, main_file)
    assert verdict.admitted is (not verdict.findings)
    return verdict.findings


@pytest.mark.parametrize(
    ("source", "place", "words"),
    [
        pytest.param("x = 1\ny = (\n", (2, 5), "'(' was never closed", id="an open bracket"),
        pytest.param("def f():\nreturn 1\n", (2, 1), "expected an indented block", id="no indent"),
        pytest.param("return 1\n", (1, 1), "'return' outside function", id="an error only the compiler sees"),
        pytest.param("```python\nx = 1\n```", (1, 1), "remove the Markdown fences", id="Markdown around the code"),
        pytest.param('{"nodes": null,}\n)', (2, 1), "looks like JSON", id="JSON with a mistake"),
        pytest.param("x = 1\0", (1, 6), "NUL character", id="a NUL"),
        pytest.param("# \u202e\n", (1, 3), "bidirectional", id="a bidi control"),
        pytest.param("# a\rimport os\n", (1, 4), "carriage return", id="a lone carriage return"),
        pytest.param("x = '\ud800'\n", (1, 6), "not valid UTF-8", id="a lone surrogate"),
        pytest.param("#\n# coding: latin-1\n", (2, 1), "declares the encoding latin-1", id="an encoding declaration"),
        pytest.param("x = 1\n" * 30_000, (1, 1), "larger than 128 KiB", id="too large"),
        pytest.param("x = 1\n" * 15_000, (1, 1), "too many parts", id="too many statements"),
        pytest.param("x = " + "(" * 70 + ")" * 70, (1, 65), "nested too deeply", id="too many brackets"),
        pytest.param("x = " + "-" * 50 + "1", (1, 45), "nested too deeply", id="too many signs"),
        pytest.param("x = a" + ".b" * 900, (1, 5), "more than 100 dots", id="a long chain of attributes"),
        pytest.param("x = a" + "[0]" * 900, (1, 1), "nested too deeply", id="a long chain of subscripts"),
        pytest.param("x = " + "not " * 50_000, (1, 1), "larger than 128 KiB", id="deep and large"),
    ],
)
def test_what_is_no_program_is_told_with_its_place(source: str, place: tuple[int, int], words: str) -> None:
    (finding,) = findings(source)
    assert (finding.line, finding.column) == place
    assert words in finding.message


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("\ufeff" + ENTRY, id="a byte order mark"),
        pytest.param("# -*- coding: utf-8 -*-\n" + ENTRY, id="the declaration of UTF-8"),
        pytest.param(ENTRY.replace("\n", "\r\n"), id="Windows line ends"),
        pytest.param("# " + "-" * 200 + "\n" + ENTRY, id="a line of dashes"),
        pytest.param("x = '" + "[" * 100 + "'\n" + ENTRY, id="brackets in a text"),
        pytest.param("pattern = '\\d+'\n" + ENTRY, id="an escape that Python warns about"),
        pytest.param(
            "".join(f"{'el' if n else ''}if x == {n}: pass\n" for n in range(100)).join(["x = 1\n", ENTRY]),
            id="a long elif",
        ),
    ],
)
def test_unusual_but_honest_files_pass(source: str) -> None:
    assert findings(source) == ()


@pytest.mark.parametrize(
    ("files", "main_file", "words"),
    [
        pytest.param({"a.py": ENTRY}, "main.py", "main.py is not among the files: a.py", id="the main file is missing"),
        pytest.param({"a.txt": "{}"}, "a.txt", "must be a Python file", id="the main file is no Python"),
        pytest.param({"main.py": ENTRY, "../x.py": ""}, "main.py", "without `..`", id="a path that climbs"),
        pytest.param({"main.py": ENTRY, "/x.py": ""}, "main.py", "must be relative", id="an absolute path"),
        pytest.param({"main.py": ENTRY, "a\\b.py": ""}, "main.py", "must be relative", id="a path of another system"),
        pytest.param({"main.py": ENTRY, "a//b.py": ""}, "main.py", "must be relative", id="an empty folder name"),
        pytest.param(
            {"pandas.py": ENTRY}, "pandas.py", "`pandas` is the name of an installed module", id="a taken name"
        ),
        pytest.param(
            {"main.py": ENTRY} | {f"m{n}.py": "" for n in range(200)}, "main.py", "201 Python files", id="many"
        ),
        pytest.param(
            {"main.py": ENTRY} | {f"m{n}.py": "#" * 120_000 for n in range(5)}, "main.py", "together", id="much"
        ),
    ],
)
def test_what_is_no_bundle_is_refused(files: dict[str, str], main_file: str, words: str) -> None:
    assert words in findings(files, main_file)[0].message


PROJECT = {
    "src/main.py": "import helpers\nfrom src.rules import levels\nfrom rules.levels import LIMIT\n" + ENTRY,
    "src/helpers.py": "import numpy as np\n\ndef mean(x): return np.mean(x)\n",
    "src/rules/levels.py": "from . import limits\nfrom .limits import LIMIT\nfrom ..helpers import mean\n",
    "src/rules/limits.py": "LIMIT = 1\n",
    "requirements.txt": "numpy",
}


def test_files_of_a_project_import_each_other() -> None:
    verdict = analyse(PROJECT, "src/main.py")
    # `..helpers` leaves the package `rules`: it is at the top when `src/main.py` is the main file.
    assert [str(finding) for finding in verdict.findings] == [
        "src/rules/levels.py:3:1: `..helpers` leads out of the bundle's packages; "
        "at its top write the module's own name [import]"
    ]
    assert verdict.imports == ("numpy",)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("helpers", "src/helpers.py", id="beside the main file"),
        pytest.param("src.helpers", "src/helpers.py", id="from the root"),
        pytest.param("rules.levels", "src/rules/levels.py", id="in a package without __init__"),
        pytest.param("nothing", None, id="not there"),
    ],
)
def test_names_resolve_beside_the_main_file_and_from_the_root(name: str, expected: str | None) -> None:
    found = BundleLayout(PROJECT, "src/main.py").find(name)
    assert (found.file if found else None) == expected


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        pytest.param("import os", "`os` cannot be imported: strategies cannot use the operating system", id="os"),
        pytest.param("import requests", "market data arrives in `data`", id="a network library"),
        pytest.param("from concurrent.futures import ThreadPoolExecutor", "one function call at a time", id="threads"),
        pytest.param("import pickle", "models cannot be loaded from files", id="pickle"),
        pytest.param("import torch", "spec.runner.strategyImage", id="what the image does not have"),
        pytest.param("import numppy", "did you mean `numpy`?", id="a typing error"),
        pytest.param("import pandas.io.common", "not among the parts of `pandas`", id="a submodule"),
        pytest.param("from pandas import read_csv", "`pandas.read_csv` is not available", id="a function"),
        pytest.param("from pandas.errors import ctypes", "is a module that strategies may not use", id="a re-export"),
        pytest.param("from numpy import _core", "private names", id="a private name"),
        pytest.param("from math import *", "name what you import", id="a star"),
        pytest.param("from . import helper", "leads out of the bundle", id="a relative import at the top"),
        pytest.param("from helper import np", None, id="a module through a file of the bundle is the same module"),
        pytest.param("import helper.missing", "the bundle has no module `helper.missing`", id="a missing module"),
        pytest.param("import json", "`json` is a file of the bundle and an installed module", id="a shadowed module"),
        pytest.param(
            "try:\n    import talib\nexcept ImportError:\n    talib = None", None, id="an import that is tried"
        ),
        pytest.param("def f():\n    import scipy.stats", None, id="an import inside a function"),
    ],
)
def test_imports_are_allowed_by_exact_name_and_refused_with_advice(statement: str, words: str | None) -> None:
    files = {"main.py": f"{statement}\n{ENTRY}", "helper.py": "import numpy as np\n"}
    if "json" in statement:
        files["json.py"] = ""
    found = findings(files)
    assert [(words or "nothing") in finding.message for finding in found] == ([True] if words else []), found


def test_the_modules_in_use_are_reported_for_the_preload() -> None:
    source = "import scipy\nimport numpy as np\nfrom sklearn.linear_model import Ridge\nfrom ta import momentum\n"
    source += "x = scipy.stats.norm.cdf(np.linalg.norm([1.0]))\n" + ENTRY
    verdict: Verdict = analyse({"main.py": source}, "main.py")
    assert verdict.imports == (
        *("numpy", "numpy.linalg", "scipy", "scipy.stats", "sklearn.linear_model", "ta", "ta.momentum"),
    )


def test_the_worst_accepted_file_is_analysed_within_a_second_of_processor_time() -> None:
    line = "    x = data['close'].rolling(5).mean() + parameters.get('a', 1) * 2\n"
    source = "def f(data, parameters):\n" + line * 1750 + ENTRY
    begin = time.process_time()
    assert analyse({"main.py": source}, "main.py").admitted
    assert time.process_time() - begin < 1
