"""Which function or class is called, by arity and method set; refusals that say what was found."""

import pytest

from strategy_code.analysis import analyse
from strategy_code.verdict import Verdict
from strategy_contracts.bundle import EntryPoint, Shape


def verdict(*sources: str, **files: str) -> Verdict:
    return analyse({"main.py": sources[0], **{f"{name}.py": text for name, text in files.items()}}, "main.py")


def function(name: str = "generate_signals", arity: int = 2) -> EntryPoint:
    shape = Shape.FUNCTION if arity == 2 else Shape.FUNCTION_DATA
    return EntryPoint(shape=shape, file="main.py", name=name, arity=arity)


def method(owner: str, name: str = "generate_signals", arity: int = 2) -> EntryPoint:
    return EntryPoint(shape=Shape.CLASS, file="main.py", name=owner, method=name, arity=arity)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("def generate_signals(data, parameters): ...", function(), id="N1"),
        pytest.param("def generate_signal(data, parameters): ...", function("generate_signal"), id="N1, singular"),
        pytest.param("def generate_signals(data, parameters=None): ...", function(), id="an optional second argument"),
        pytest.param("def generate_signals(data, /, parameters, *, x=1): ...", function(), id="keywords with defaults"),
        pytest.param("def generate_signals(*arguments): ...", function(), id="any arguments"),
        pytest.param("def generate_signals(a, b, c=1): ...", function(), id="a third argument with a default"),
        pytest.param("@decorate\ndef generate_signals(d, p): ...\n", function(), id="a decorated function"),
        pytest.param("def generate_signals(data): ...", function(arity=1), id="N3"),
        pytest.param("def generate_signal(d): ...", function("generate_signal", 1), id="N3, singular"),
        pytest.param(
            "def generate_signal(df): ...\ndef generate_signals(data, p): ...",
            function(),
            id="the plural is called first",
        ),
        pytest.param("class Any:\n def generate_signals(self, data, p): ...", method("Any"), id="N2"),
        pytest.param(
            "class Any:\n def generate_signal(self, d): ...", method("Any", "generate_signal", 1), id="N2, (data)"
        ),
        pytest.param(
            "class A:\n def __init__(self, config=None, *, x=1): ...\n def generate_signals(self, d, p): ...",
            method("A"),
            id="a constructor with defaults",
        ),
        pytest.param(
            "class A:\n @staticmethod\n def generate_signals(data, p): ...",
            method("A"),
            id="a static method has no self",
        ),
        pytest.param(
            "class A:\n @classmethod\n def generate_signals(cls, data): ...",
            method("A", arity=1),
            id="a class method has cls",
        ),
        pytest.param(
            "class Base:\n def generate_signals(self, d, p): ...\nclass Mine(Base): pass",
            method("Mine"),
            id="the derived class",
        ),
        pytest.param(
            "import abc\nclass Base(abc.ABC):\n @abc.abstractmethod\n def generate_signals(self, d, p): ...\n"
            "class Mine(Base):\n def generate_signals(self, d, p): ...",
            method("Mine"),
            id="an abstract base is none",
        ),
        pytest.param(
            "class S:\n def generate_signals(self, d, p): ...\n"
            "def generate_signals(data, p): return S().generate_signals(data, p)",
            function(),
            id="a function before a class",
        ),
        pytest.param(
            "class Position:\n def close(self): ...\nclass S:\n def generate_signals(self, d, p): ...",
            method("S"),
            id="other classes do not matter",
        ),
    ],
)
def test_the_entry_point_is_found(source: str, expected: EntryPoint) -> None:
    found = verdict(source)
    assert found.entry_point == expected, found.findings
    assert found.admitted


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        pytest.param("x = 1\n", 1, "found no function and no class", id="nothing at all"),
        pytest.param(
            "import math\n\ndef helper(x, y=2): ...\nclass S:\n def on_tick(self, d): ...\n",
            3,
            "found helper(x, y=2) (line 3), class S with on_tick (line 4)",
            id="other things are listed",
        ),
        pytest.param("async def generate_signals(d, p): ...", 1, "must not be async", id="an async function"),
        pytest.param(
            "\ngenerate_signals = lambda d, p: []", 2, "must be a function written with `def`", id="a variable"
        ),
        pytest.param("def generate_signals(): ...", 1, "`generate_signals()` cannot be called", id="no argument"),
        pytest.param(
            "def generate_signals(a, b, c): ...", 1, "cannot be called with (data, parameters)", id="three arguments"
        ),
        pytest.param("def generate_signals(a, *, b): ...", 1, "cannot be called", id="a required keyword"),
        pytest.param(
            "def generate_signals(d, p): ...\n\ndef generate_signals(d): ...",
            3,
            "defined more than once (lines 1, 3)",
            id="two functions",
        ),
        pytest.param("def outer():\n  def generate_signals(d, p): ...\n", 2, "top level", id="a nested function"),
        pytest.param("\ndef Generate_Signals(d, p): ...", 2, "Did you mean `generate_signals`?", id="another case"),
        pytest.param("\ndef generate_signls(d, p): ...", 2, "Did you mean `generate_signals`?", id="a typing error"),
        pytest.param(
            "class S:\n def generate_signals(self): ...", 1, "`S.generate_signals(self)` cannot be called", id="no data"
        ),
        pytest.param(
            "class S:\n def __init__(self, broker, *, key): ...\n def generate_signals(self, d, p): ...",
            1,
            "needs constructor arguments (broker, key)",
            id="a constructor that needs arguments",
        ),
        pytest.param(
            "class A:\n def generate_signals(self, d, p): ...\nclass B:\n def generate_signals(self, d, p): ...\n",
            3,
            "several classes could be the strategy: A (line 1), B (line 3)",
            id="two classes",
        ),
        pytest.param(
            '\n{"nodes": [], "edges": []}', 2, "this is data, not a strategy", id="a workflow instead of code"
        ),
    ],
)
def test_a_refusal_says_what_was_found_and_where(source: str, line: int, words: str) -> None:
    refused = verdict(source)
    assert not refused.admitted and refused.entry_point is None
    (finding,) = refused.findings
    assert (finding.rule, finding.line) == ("entry-point", line)
    assert words in finding.message


def test_functions_and_bases_may_come_from_other_files_of_the_bundle() -> None:
    rules = "def generate_signals(data, parameters): ...\n"
    assert verdict("from rules import generate_signals\n", rules=rules).entry_point == function()
    base = "class Base:\n def generate_signals(self, data): ...\n"
    imported = "from base import Base as B\nclass Mine(B): pass\n"
    assert verdict(imported, base=base).entry_point == method("Mine", arity=1)
