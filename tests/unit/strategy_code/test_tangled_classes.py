"""Classes that inherit from each other along more ways than could be walked: answered soon, methods found."""

import time

import pytest

from strategy_code.analysis import analyse
from strategy_code.verdict import Verdict

CPU_LIMIT_S = 3.0


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(
            "".join(f"class C{n}({', '.join([f'C{n + 1}'] * 4)}): pass\n" for n in range(21)),
            id="bases reached along many ways",
        ),
        pytest.param("class B:\n" + " x\n" * 4000 + "class A(B):0\n" * 4000, id="many heirs of a long class"),
        pytest.param("class B:0\n" * 4000 + "class A(B):0\n" * 4000, id="a base that is defined often"),
        pytest.param("".join(f"class A{n}(A{n + 1}):0\n" for n in range(4000)), id="a long line"),
    ],
)
def test_the_search_for_the_strategy_ends_soon(source: str) -> None:
    before = time.process_time()
    assert isinstance(analyse({"main.py": source}, "main.py"), Verdict)
    assert time.process_time() - before < CPU_LIMIT_S


def test_a_method_is_found_in_a_base_that_is_inherited_twice() -> None:
    source = (
        "class Base:\n    def generate_signals(self, data): return []\n"
        "class Left(Base): pass\nclass Right(Base): pass\nclass Both(Left, Right): pass\n"
    )
    verdict = analyse({"main.py": source}, "main.py")
    assert verdict.entry_point is not None and verdict.entry_point.name == "Both"
