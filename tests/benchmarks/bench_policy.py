"""What the static policy costs: an ordinary file, the corpus, and files made to hurt it.

Each file made to hurt is analysed in a fresh process, so that its peak is its own. Times are CPU times: the analysis is
one thread that waits for nothing, so on an idle machine they are the wall times and on a busy one they stay the same.
"""

import statistics
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from soak.policy_process import Analyst
from soak.seeds import ROOT, sources
from strategy_code.source_text import MAX_BRACES, MAX_DOTS, MAX_FILE_BYTES, MAX_LINES

TYPICAL_TARGET_MS = 20.0
WORST_TARGET_MS = 1000.0
PEAK_TARGET_MIB = 200.0
ROUNDS = 3
SIGNALS = "\ndef generate_signals(data, parameters):\n    return []\n"
Files = dict[str, str]


@dataclass(frozen=True)
class Measure:
    """Of one case."""

    name: str
    milliseconds: float
    peak_mib: float
    verdict: str


def repeated(unit: str, head: str = "") -> Files:
    """As much of it as a file may hold."""
    most = (MAX_FILE_BYTES - len(head) - len(SIGNALS)) // len(unit)
    for marks, allowed in (("\n;", MAX_LINES), ("{", MAX_BRACES)):
        in_unit, beside = (sum(map(text.count, marks)) for text in (unit, head + SIGNALS))
        most = min(most, (allowed - beside) // in_unit if in_unit else most)
    return {"main.py": head + unit * most + SIGNALS}


def numbered(form: str, count: int) -> Files:
    return {"main.py": "".join(form.format(n=n, m=n + 1) for n in range(count)) + SIGNALS}


def nested(levels: int, *lines: str) -> Files:
    """A block in a block in a block."""
    opened = "".join(" " * level + line + "\n" for level in range(levels) for line in lines)
    return {"main.py": opened + " " * levels + "pass\n" + SIGNALS}


PATHOLOGICAL: dict[str, Files] = {
    "assignments": repeated("a = 1\n"),
    "calls in brackets": repeated("(" * 60 + "1" + ")" * 60 + "\n"),
    "runs of signs": repeated("-" * 40 + "1\n"),
    "lines before a syntax error": {"main.py": "t\n" * 19_000 + "x = [" + "t," * 45_000},
    "one string of 9,900 fields": {"main.py": "f'" + "{a}" * 9_900 + "'" + SIGNALS},
    "format strings": repeated("f'{a}{b}{c}'\n"),
    "comprehensions": repeated("[a for a in b]\n"),
    "one string of 40,000 pieces": {"main.py": "x=" + "'a'" * 40_000 + SIGNALS},
    "one operator 20,000 times": {"main.py": "x=" + "a or " * 20_000 + "a" + SIGNALS},
    "patterns": {"main.py": "match x:\n" + " case A(b=c): 0\n" * 7000 + SIGNALS},
    "long dotted names": repeated("import " + "a." * MAX_DOTS + "a\n"),
    "words and dots": repeated("a" * 60_000 + " ." * 2_000 + "\n"),
    "imports by other names": repeated("from re import a\n"),
    "refused imports": numbered("import q{n}\n", 9_000),
    "one module imported and used often": {"main.py": "import re\n" * 5000 + "re.a\n" * 6000 + SIGNALS},
    "one name caught and used often": {
        "main.py": "def f():\n" + " try:0\n except E as e:0\n" * 2800 + " e.obj\n" * 5000 + SIGNALS
    },
    "a long template often": {"main.py": "T='" + "{a:{b}}" * 4900 + "'\n" + "T.format()\n" * 5000 + SIGNALS},
    "a long expression often": {"main.py": "T='" + "a " * 32_000 + "'\n" + "x.query(T)\n" * 5000 + SIGNALS},
    "fields in fields": {"main.py": "'" + "{a:" * 9900 + "}" * 9900 + "'.format()\n" + SIGNALS},
    "finally in finally": nested(19, "try:", " pass", "finally:"),
    "ways out of a with": {
        "main.py": "def f():\n with " + ",".join("a" * 19) + ":\n" + "  if a:return\n" * 8000 + SIGNALS
    },
    "functions in functions": nested(90, "def f():"),
    "classes in a line": {"main.py": "".join(f"class A{n}(A{n + 1}):0\n" for n in range(4000))},
    "bases along many ways": {"main.py": "".join(f"class C{n}({','.join([f'C{n + 1}'] * 4)}):0\n" for n in range(21))},
    "functions, none asked for": {"main.py": numbered("def f{n}(a,b=1):0\n", 5000)["main.py"].replace(SIGNALS, "")},
    "imports in a circle": {"main.py": "from b import x\n" * 6 + "x.y\n" + SIGNALS, "b.py": "from main import x\n" * 6},
    "150 files that import each other": {
        **{f"f{n}.py": "".join(f"from f{m} import x{k}\n" for k in range(3) for m in range(40)) for n in range(150)},
        "main.py": SIGNALS,
    },
    "a full bundle": {
        name: "from re import a\n" * 7400 + (SIGNALS if name == "main.py" else "")
        for name in ("main.py", "b.py", "c.py", "d.py")
    },
}


def measure(name: str, files: Files) -> Measure:
    """The first round that is within the limits, else the best of three."""
    rounds: list[Measure] = []
    while len(rounds) < ROUNDS and not any(map(is_fine, rounds)):
        with Analyst() as analyst:
            report = analyst.ask(files)
        verdict = "admitted" if report["admitted"] else ", ".join(report["rules"])
        rounds.append(Measure(name, report["cpu_s"] * 1e3, report["peak_mib"], verdict))
    return min(rounds, key=lambda case: case.milliseconds)


def is_fine(case: Measure) -> bool:
    return case.milliseconds <= WORST_TARGET_MS and case.peak_mib <= PEAK_TARGET_MIB


def typical() -> list[float]:
    """Milliseconds of the examples once warm, as in an operator that has been asked before."""
    paths = sorted((ROOT / "examples").glob("*.py")) + sorted((ROOT / "tests/stack/strategies").glob("*.py"))
    with Analyst() as analyst:
        return [analyst.ask({"main.py": path.read_text()})["cpu_s"] * 1e3 for _ in range(20) for path in paths][
            len(paths) :
        ]


def corpus() -> list[Measure]:
    """Every seed of the fuzz, one after the other in one process."""
    with Analyst() as analyst:
        reports = [analyst.ask({"main.py": source}) for source in sources()]
    return [
        Measure(f"corpus {number}", report["cpu_s"] * 1e3, report["peak_mib"], "")
        for number, report in enumerate(reports)
    ]


def line(name: str, measures: Iterable[float], peak_mib: float) -> str:
    values = sorted(measures)
    return f"{name:36} {statistics.median(values):9.1f} {values[-1]:9.1f} {peak_mib:9.0f}"


def main() -> int:
    print(f"{'':36} {'median ms':>9} {'worst ms':>9} {'peak MiB':>9}")
    ordinary = typical()
    print(line(f"ordinary files ({len(ordinary)} times)", ordinary, 0))
    cases = corpus()
    print(line(f"corpus ({len(cases)} files)", [case.milliseconds for case in cases], max(c.peak_mib for c in cases)))
    hurtful = [measure(name, files) for name, files in PATHOLOGICAL.items()]
    print(
        line(
            f"files made to hurt ({len(hurtful)})", [m.milliseconds for m in hurtful], max(m.peak_mib for m in hurtful)
        )
    )
    for case in hurtful:
        print(f"  {case.name:34} {'':9} {case.milliseconds:9.1f} {case.peak_mib:9.0f}   {case.verdict}")
    worst = [*cases, *hurtful]
    print(f"targets: ordinary <= {TYPICAL_TARGET_MS:g} ms, worst <= {WORST_TARGET_MS:g} ms and {PEAK_TARGET_MIB:g} MiB")
    fine = statistics.median(ordinary) <= TYPICAL_TARGET_MS and all(map(is_fine, worst))
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
