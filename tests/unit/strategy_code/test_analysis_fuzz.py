"""Any text is answered with a verdict: no exception, and no execution."""

import ast

from hypothesis import given, settings
from hypothesis import strategies as st

from strategy_code.analysis import analyse
from strategy_contracts.bundle import EntryPoint

FRAGMENTS = st.sampled_from(
    [
        *("import numpy as np\n", "from . import x\n", "from helper import *\n", "import a.b.c as d\n"),
        *("def generate_signals(data, parameters):\n", "class A(B, metaclass=C):\n", "    ", "lambda x=y: ", "async "),
        *(
            "[x for x in y if (z := x)]",
            "match x:\n    case A(b=c): ...\n",
            "{**a, 'b': c}",
            "global x\n",
            "nonlocal y\n",
        ),
        *("np.load.x", "x.format(y)", "'{a.__b__}'.format(c)", "getattr(a, b)", "df.query('a()')", "f'{x!r:{y}}'"),
        *(
            "try:\n    pass\nexcept* E as e:\n    pass\n",
            "return 1\n",
            "yield\n",
            "await x\n",
            "(",
            ")",
            "[",
            "]",
            ":",
            "\n",
            "\t",
        ),
        *("\0", "\r", "\ufeff", "\u202e", "\ud800", "é", "'", '"""', "\\\n", "#", "coding: latin-1"),
    ]
)
SOURCES = st.lists(FRAGMENTS, max_size=25).map("".join) | st.text(max_size=200)


@settings(max_examples=150, deadline=None)
@given(SOURCES, SOURCES)
def test_any_source_gets_a_verdict(source: str, helper: str) -> None:
    verdict = analyse({"main.py": source, "pack/helper.py": helper}, "main.py")
    assert verdict.admitted is isinstance(verdict.entry_point, EntryPoint)
    assert verdict.admitted or verdict.findings
    for finding in verdict.findings:
        assert finding.line >= 1 and finding.column >= 1
        assert finding.message


@settings(deadline=None)
@given(SOURCES)
def test_what_is_admitted_compiles(source: str) -> None:
    text = source + "\ndef generate_signals(data, parameters): return []\n"
    if analyse({"main.py": text}, "main.py").admitted:
        ast.parse(text.removeprefix("\ufeff"))
