"""Whether a strategy's code may run, as the analysis says; in an executor, because parsing would hold up everybody."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import Executor
from typing import Final

from strategy_code.analysis import analyse
from strategy_code.main_file import files_with_entry_point
from strategy_code.verdict import Severity, Verdict
from strategy_contracts.bundle import EntryPoint

_FINDINGS_TOLD: Final = 5


class Admission:
    """Judges code."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def judge(self, files: Mapping[str, str], main_file: str) -> EntryPoint | str:
        """How to call the strategy, or why it may not run: a sentence with file and line."""
        loop = asyncio.get_running_loop()
        verdict = await loop.run_in_executor(self._executor, analyse, dict(files), main_file)
        return verdict.entry_point if verdict.entry_point is not None else refusal(verdict)

    async def main_files(self, files: Mapping[str, str]) -> list[str]:
        """The files that could be the strategy."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, files_with_entry_point, dict(files))


def refusal(verdict: Verdict) -> str:
    """The findings that keep the code from running, in words."""
    errors = [str(finding) for finding in verdict.findings if finding.severity is Severity.ERROR]
    told, more = errors[:_FINDINGS_TOLD], len(errors) - _FINDINGS_TOLD
    return "; ".join(told) + (f"; and {more} more" if more > 0 else "")
