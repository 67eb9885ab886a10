"""A process that does nothing but analyse: measured, limited, and ended when it does not answer.

`python -m soak.policy_process` is the process; `Analyst` starts it and asks.
"""

import json
import os
import resource
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

import msgspec

from soak.campaign import Defect
from soak.seeds import MAIN
from strategy_code.analysis import analyse
from strategy_code.verdict import Severity, Verdict
from strategy_contracts.bundle import EntryPoint

ADDRESS_SPACE = 1 << 30
HANG_S = 20.0
CASES_PER_PROCESS = 2000


class Analyst:
    """One analysing process after the other."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._asked = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.renew()

    def renew(self) -> None:
        """End the process; the next question starts a fresh one."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
        self._process = None
        self._asked = 0

    def ask(self, files: dict[str, str]) -> dict[str, Any]:
        """What the analysis said and took. Raises Defect when the process hangs or ends."""
        if self._process is None or self._asked >= CASES_PER_PROCESS:
            self.renew()
            command = [sys.executable, "-m", "soak.policy_process"]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._asked += 1
        assert self._process.stdin is not None and self._process.stdout is not None
        # As ASCII: lone surrogates are part of what is tested.
        self._process.stdin.write(json.dumps(files).encode() + b"\n")
        self._process.stdin.flush()
        if not select.select([self._process.stdout], [], [], HANG_S)[0]:
            self.renew()
            raise Defect(f"no verdict after {HANG_S:g} s")
        answer = self._process.stdout.readline()
        if not answer:
            ended = self._process.wait()
            self.renew()
            raise Defect(f"the analysing process ended with {ended}")
        report: dict[str, Any] = json.loads(answer)
        return report


def entry_point_of(report: dict[str, Any]) -> EntryPoint:
    return msgspec.convert(report["entry_point"], EntryPoint)


def _report(files: dict[str, str]) -> dict[str, Any]:
    Path("/proc/self/clear_refs").write_text("5")
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        verdict = analyse(files, MAIN)
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is the finding
        return {"broken": f"analyse raised {type(error).__name__}: {str(error)[:200]}"}
    report: dict[str, Any] = {
        "wall_s": time.perf_counter() - wall,
        "cpu_s": time.process_time() - cpu,
        "peak_mib": _peak_mib(),
        "admitted": verdict.admitted,
        "entry_point": msgspec.to_builtins(verdict.entry_point),
        "imports": verdict.imports,
        "rules": sorted({finding.rule for finding in verdict.findings}),
    }
    if problem := _problem(files, verdict):
        report["broken"] = problem
    return report


def _problem(files: dict[str, str], verdict: Verdict) -> str | None:
    """What the verdict promises and does not keep."""
    if verdict.admitted is not (verdict.entry_point is not None):
        return "admitted and entry point do not go together"
    if verdict.admitted is any(finding.severity is Severity.ERROR for finding in verdict.findings):
        return "an error and admitted, or neither"
    for finding in verdict.findings:
        text = files.get(finding.file, "")
        if not 1 <= finding.line <= text.count("\n") + 1 or finding.column < 1:
            return f"a finding at line {finding.line}, column {finding.column}, which the file does not have"
        if len(finding.message) > 1000:
            return f"a message of {len(finding.message)} characters"
    if verdict.admitted:
        for name, text in files.items():
            if name.endswith(".py"):
                try:
                    compile(text.removeprefix("\ufeff"), name, "exec", dont_inherit=True)
                except BaseException as error:  # noqa: BLE001 - see above
                    return f"admitted, and {name} does not compile: {type(error).__name__}"
    return None


def _peak_mib() -> float:
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


def main() -> None:
    """Answer line by line until the input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    # Nothing of the analysis may write where the answers go.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin.buffer:
        print(json.dumps(_report(json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    import warnings

    warnings.simplefilter("ignore")
    main()
