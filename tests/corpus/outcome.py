"""What became of one case, and the table of all."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from corpus.cases import Case


@dataclass
class Outcome:
    """`refused` by the policy, or run; a failure is whatever must not happen."""

    case: Case
    refused: bool = False
    verdict: str = ""
    """The refusal with its place, or the faults it ended with."""
    problems: list[str] = field(default_factory=list)
    ready_again_ms: list[float] = field(default_factory=list)
    answered_after_ms: list[float] = field(default_factory=list)
    started_s: float = 0.0
    marked: bool = False
    """The attack's own mark came out: it has read something, and what it has read holds no secret."""
    log_tail: str = ""
    """The end of the supervisor's log."""

    @property
    def failed(self) -> bool:
        return bool(self.problems)


def table(title: str, outcomes: Iterable[Outcome]) -> str:
    """By category: cases, refused, contained (of honest strategies: evaluated), failed."""
    rows: dict[str, list[int]] = {}
    for outcome in outcomes:
        counts = rows.setdefault(outcome.case.category, [0, 0, 0, 0])
        counts[0] += 1
        counts[3 if outcome.failed else 1 if outcome.refused else 2] += 1
    total = [sum(column) for column in zip(*rows.values(), strict=True)] or [0] * 4
    lines = [title, f"{'category':<18}{'cases':>8}{'refused':>9}{'contained':>11}{'failed':>8}"]
    lines += [f"{name:<18}{c[0]:>8}{c[1]:>9}{c[2]:>11}{c[3]:>8}" for name, c in [*sorted(rows.items()), ("all", total)]]
    return "\n".join(lines)


def quantiles(values: Iterable[float]) -> str:
    """Count, median, 99th percentile and worst."""
    ordered = sorted(values)
    if not ordered:
        return "none"
    at = [ordered[min(len(ordered) - 1, int(len(ordered) * q))] for q in (0.5, 0.99)]
    return f"{len(ordered)} times, p50 {at[0]:.0f}, p99 {at[1]:.0f}, worst {ordered[-1]:.0f} ms"
