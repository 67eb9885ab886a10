"""Small files that once took minutes or gigabytes: each shape of text is answered in bounded time and memory."""

import time

import pytest

from strategy_code.analysis import analyse
from strategy_code.source_text import MAX_BRACES, MAX_DOTS, MAX_LINES
from strategy_code.verdict import Verdict

SIGNALS = "\ndef generate_signals(data, parameters):\n    return []\n"
CPU_LIMIT_S = 3.0
"""Of the process, so that a busy machine fails no test; without their bounds these take minutes at least."""


def nested_finally(levels: int) -> str:
    opened = "".join(f"{' ' * n}try:\n{' ' * n} pass\n{' ' * n}finally:\n" for n in range(levels))
    return opened + " " * levels + "pass\n"


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"main.py": "T='" + "{a:{b}}" * 4500 + "'\n" + "T.format()\n" * 4000}, id="a long template often"),
        pytest.param({"main.py": "T='" + "a " * 30000 + "'\n" + "x.query(T)\n" * 4000}, id="a long expression often"),
        pytest.param({"main.py": "'" + "{a:" * 9000 + "}" * 9000 + "'.format()\n"}, id="fields in fields"),
        pytest.param({"main.py": "import re\n" * 5000 + "re.a\n" * 6000}, id="one name imported and used often"),
        pytest.param(
            {"main.py": "def f():\n" + " try:0\n except E as e:0\n" * 2800 + " e.obj\n" * 5000},
            id="one name caught often",
        ),
        pytest.param(
            {"main.py": "from b import x\n" * 6 + "x.y\n", "b.py": "from main import x\n" * 6}, id="imports in a circle"
        ),
        pytest.param({"main.py": "".join(f"import q{n}\n" for n in range(12000))}, id="many imports that are refused"),
        pytest.param(
            {"main.py": "".join(f"def f{n}(a, b=1): 0\n" for n in range(5000))}, id="many functions, none asked for"
        ),
        pytest.param({"main.py": nested_finally(19)}, id="finally in finally"),
        pytest.param(
            {"main.py": "def f():\n try:\n" + "  if a: return\n" * 3000 + " finally:\n" + "  a; b\n" * 2000},
            id="many ways out of a long finally",
        ),
    ],
)
def test_the_analysis_ends_soon(files: dict[str, str]) -> None:
    before = time.process_time()
    verdict = analyse({**files, "main.py": files["main.py"] + SIGNALS}, "main.py")
    assert time.process_time() - before < CPU_LIMIT_S
    assert isinstance(verdict, Verdict)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("t\n" * MAX_LINES, "20,000 lines or statements", id="short lines"),
        pytest.param("t;" * MAX_LINES, "20,000 lines or statements", id="statements in one line"),
        pytest.param(
            "t\n" * 30_000 + "class S:\n    pass\n\n    x = [S",
            "20,000 lines or statements",
            id="lines before an error",
        ),
        pytest.param("f'" + "{a}" * (MAX_BRACES + 1) + "'\n", "10,000 opening braces", id="fields of one string"),
    ],
)
def test_what_costs_the_parser_most_is_refused_before_it_is_parsed(text: str, words: str) -> None:
    (finding,) = analyse({"main.py": text + SIGNALS}, "main.py").findings
    assert (finding.rule, finding.message) == ("size", f"the file has more than {words}; split it into modules")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("import a" + ".b" * (MAX_DOTS + 1) + "\n", id="an import"),
        pytest.param("from a" + " . b" * (MAX_DOTS + 1) + " import c\n", id="with blanks"),
        pytest.param("import a" + "\\\n.b" * (MAX_DOTS + 1) + "\n", id="over lines"),
        pytest.param("import \u00e9" + ".\u00e9" * (MAX_DOTS + 1) + "\n", id="with accents"),
    ],
)
def test_a_long_dotted_name_is_refused_before_it_is_parsed(text: str) -> None:
    (finding,) = analyse({"main.py": "x = 1\n" + text + SIGNALS}, "main.py").findings
    message = "a dotted name has more than 100 dots; give its parts names"
    assert (finding.rule, finding.message, finding.line) == ("nesting", message, 2)


def test_as_many_dots_as_people_write_are_admitted() -> None:
    chain = "a = data" + ".rolling(5)" * 60 + ".mean()\n"
    numbers = "b = [" + "0.1, " * 300 + "]\n# " + "." * 300 + " 1.2 3.4" * 200 + "\n"
    text = "def f(data):\n    " + chain + numbers + "c = numbers.x.y.z\n" * 50
    assert analyse({"main.py": text + SIGNALS}, "main.py").admitted


def test_as_much_as_people_write_is_admitted() -> None:
    text = "a = 1\n" * 4000 + "b = {}\n" * 4000 + "c = f'{a}'\n" * 1000
    assert analyse({"main.py": text + SIGNALS}, "main.py").admitted


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("try:\n    x = 1\nfinally:\n    y = 2\n", id="one"),
        pytest.param(nested_finally(5), id="five inside each other"),
        pytest.param(
            "def f(a):\n    try:\n" + "        if a: return 1\n" * 30 + "    finally:\n        a = 2\n", id="returns"
        ),
    ],
)
def test_finally_as_people_write_it_is_admitted(body: str) -> None:
    assert analyse({"main.py": body + SIGNALS}, "main.py").admitted


def test_copies_of_finally_are_refused_with_the_line_of_the_try() -> None:
    verdict = analyse({"main.py": "x = 1\n" + nested_finally(19) + SIGNALS}, "main.py")
    (finding,) = verdict.findings
    assert (finding.rule, finding.message) == (
        "size",
        "the ways out of `try` repeat its `finally` too often; put what it does into a function",
    )
    assert 1 < finding.line < 40


@pytest.mark.parametrize(
    ("main", "helper"),
    [
        pytest.param("from helper import module\n", "import numpy as module\n", id="from another file"),
        pytest.param(
            "from helper import module\nimport numpy as module\n",
            "from main import module\n",
            id="from one's own circle",
        ),
        pytest.param(
            "from helper import module\n",
            "from main import module\nimport numpy as module\n",
            id="from the other's circle",
        ),
    ],
)
def test_a_module_is_known_by_any_way_it_comes(main: str, helper: str) -> None:
    verdict = analyse({"main.py": main + "module.load('x')\n" + SIGNALS, "helper.py": helper}, "main.py")
    assert "`numpy.load` is not available" in verdict.reason


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"main.py": f"import {'a' * 5000}\n{SIGNALS}"}, id="a long name"),
        pytest.param(
            {"main.py": "x = 1\n", **{f"\x1b[31m{n}{'b' * 300}": "" for n in range(10)}},
            id="names that steer a terminal",
        ),
    ],
)
def test_messages_are_short_and_printable(files: dict[str, str]) -> None:
    for finding in analyse(files, "main.py" if "import" in files["main.py"] else "absent.py").findings:
        assert len(finding.message) <= 403
        assert finding.message.isprintable()
