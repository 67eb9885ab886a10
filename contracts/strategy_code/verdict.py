"""The answer of the analysis: whether a bundle may run, how it is called, and what to change if not."""

from dataclasses import dataclass
from enum import StrEnum

from strategy_contracts.bundle import EntryPoint


class Severity(StrEnum):
    """An error refuses the bundle; a warning is shown."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing to change, at a place an editor can jump to; lines and columns count from 1."""

    rule: str
    message: str
    file: str
    line: int = 1
    column: int = 1
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message} [{self.rule}]"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`entry_point` is there exactly when `admitted`; `imports` are the dotted names of installed modules used."""

    admitted: bool
    entry_point: EntryPoint | None
    findings: tuple[Finding, ...]
    imports: tuple[str, ...]

    @property
    def reason(self) -> str:
        """The first error as one sentence with its place; empty when admitted."""
        return next((str(finding) for finding in self.findings if finding.severity is Severity.ERROR), "")
