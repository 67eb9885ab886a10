"""Any text is answered with a verdict that keeps its promises, within a second and 200 MB."""

from random import Random

from hypothesis import strategies as st

from soak.campaign import Case, Defect
from soak.mutation import mutate_text
from soak.policy_process import Analyst
from soak.seeds import files_of, sources

CPU_LIMIT_S = 1.0
"""Of CPU: one thread that waits for nothing; on an idle machine it is the wall time."""
PEAK_LIMIT_MIB = 200.0
_ATTEMPTS = 3

_FRAGMENTS = st.sampled_from(
    [
        *("import numpy as np\n", "from . import x\n", "from helper import *\n", "import a.b.c as d\n", "np.load.x"),
        *("def generate_signals(data, parameters):\n", "class A(B, metaclass=C):\n", "    ", "lambda x=y: ", "async "),
        *(
            "[x for x in y if (z := x)]",
            "match x:\n    case A(b=c): ...\n",
            "{**a, 'b': c}",
            "global x\n",
            "nonlocal y\n",
        ),
        *("x.format(y)", "'{a.__b__}'.format(c)", "getattr(a, b)", "df.query('a()')", "f'{x!r:{y}}'", "return 1\n"),
        *(
            "try:\n    pass\nexcept* E as e:\n    pass\n",
            "finally:\n",
            "yield\n",
            "await x\n",
            "with a as b:\n",
            "@x\n",
        ),
        *(
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            ":",
            "\n",
            "\t",
            ";",
            "=",
            "*",
            "**",
            "->",
            "\0",
            "\r",
            "\ufeff",
            "\u202e",
            "é",
        ),
        *("'", '"""', "\\\n", "#", "coding: latin-1", "\n#:file helper.py\n", "\n#:file pack/__init__.py\n", "\ud800"),
    ]
)


class PolicyTarget:
    """`strategy_code.analyse` on mutated sources."""

    name = "policy"
    generated: st.SearchStrategy[Case] = st.one_of(
        st.lists(_FRAGMENTS, max_size=40).map("".join),
        st.tuples(_FRAGMENTS, st.integers(2, 3000)).map(lambda part: (part[0] * part[1])[: 128 * 1024]),
        st.text(max_size=300),
    )

    def __init__(self, analyst: Analyst) -> None:
        self._analyst = analyst
        self.slowest_s = 0.0
        self.largest_mib = 0.0

    def case(self, random: Random) -> Case:
        return mutate_text(random.choice(sources()), random.choice(sources()), random)

    def check(self, case: Case) -> str:
        assert isinstance(case, str)
        files = files_of(case)
        report = self._analyst.ask(files)
        for _ in range(_ATTEMPTS - 1):
            if "broken" in report or self._is_fine(report):
                break
            self._analyst.renew()
            report = self._analyst.ask(files)
        if "broken" in report:
            raise Defect(report["broken"])
        if not self._is_fine(report):
            raise Defect(f"it took {report['cpu_s']:.2f} s of CPU and {report['peak_mib']:.0f} MiB")
        self.slowest_s = max(self.slowest_s, report["cpu_s"])
        self.largest_mib = max(self.largest_mib, report["peak_mib"])
        return "admitted" if report["admitted"] else "refused"

    @staticmethod
    def _is_fine(report: dict[str, float]) -> bool:
        return report["cpu_s"] <= CPU_LIMIT_S and report["peak_mib"] <= PEAK_LIMIT_MIB
