"""Runs cases against a target for a time, and makes what failed small. Knows nothing of what is tested."""

import time
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Protocol, TypeVar

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis.strategies import SearchStrategy

Case = str | bytes
S = TypeVar("S", str, bytes)

CASES_PER_ROUND = 150
GENERATED_PER_ROUND = 60
_MINIMISE_S = 60.0


class Defect(Exception):
    """The target did what it must not."""


class Target(Protocol):
    """Something to be tested. `check` gives the case's outcome in a word, or raises Defect."""

    name: str
    generated: SearchStrategy[Case]
    """Cases that hypothesis makes up, without a seed source."""

    def case(self, random: Random) -> Case: ...

    def check(self, case: Case) -> str: ...


@dataclass
class Tally:
    """What has been run so far."""

    seconds: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)

    @property
    def executions(self) -> int:
        return self.outcomes.total()

    def __str__(self) -> str:
        rate = self.executions / self.seconds if self.seconds else 0.0
        words = ", ".join(f"{word} {count}" for word, count in sorted(self.outcomes.items()))
        return f"{self.executions} executions in {self.seconds:.0f} s, {rate:.0f}/s ({words})"


@dataclass
class Failure:
    """A case that shows a defect, as small as it could be made."""

    target: str
    case: Case
    words: str
    origin: str


class Campaign:
    """One target, one seed; `run` may be called again and goes on with the next cases."""

    def __init__(self, target: Target, seed: int, progress: Callable[[], None]) -> None:
        self.target, self._seed, self._progress = target, seed, progress
        self.tally = Tally()
        self._number = 0
        self._rounds = 0

    def run(self, seconds: float) -> Failure | None:
        """Cases until the time is over, or the first defect."""
        begin = time.monotonic()
        failure = None
        while failure is None and time.monotonic() - begin < seconds:
            failure = self._mutated(begin + seconds) or self._generated(begin + seconds)
        self.tally.seconds += time.monotonic() - begin
        return failure

    def case(self, number: int) -> Case:
        """The case of that number: the same for the same seed."""
        return self.target.case(Random(f"{self._seed}:{self.target.name}:{number}"))

    def _mutated(self, until: float) -> Failure | None:
        for _ in range(CASES_PER_ROUND):
            if time.monotonic() >= until:
                return None
            number, self._number = self._number, self._number + 1
            case = self.case(number)
            try:
                self._check(case)
            except Defect as defect:
                return self._failure(
                    case, str(defect), f"--seed {self._seed} --only {self.target.name} --case {number}"
                )
        return None

    def _generated(self, until: float) -> Failure | None:
        if time.monotonic() >= until:
            return None
        self._rounds += 1
        failing: list[Case] = []

        @hypothesis.seed(self._seed * 1_000_003 + self._rounds)
        @hypothesis.settings(
            max_examples=GENERATED_PER_ROUND,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        @hypothesis.given(self.target.generated)
        def check(case: Case) -> None:
            if not failing and time.monotonic() >= until:
                return
            try:
                self._check(case)
            except Defect:
                failing.append(case)
                raise

        try:
            check()
        except Defect as defect:
            # Hypothesis has made it small and ends with the smallest.
            return Failure(self.target.name, failing[-1], str(defect), f"hypothesis, seed {self._seed}")
        return None

    def _check(self, case: Case) -> None:
        self._progress()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.tally.outcomes[self.target.check(case)] += 1

    def _failure(self, case: Case, words: str, origin: str) -> Failure:
        print(f"defect in {self.target.name}: {words}; making the case small", flush=True)
        small = minimised(case, self._still_fails, time.monotonic() + _MINIMISE_S)
        return Failure(self.target.name, small, words, origin)

    def _still_fails(self, case: Case) -> bool:
        try:
            self.target.check(case)
        except Defect:
            return True
        return False


def minimised(case: S, fails: Callable[[S], bool], until: float) -> S:
    """The case with as many parts left out as still fails; never one that does not fail."""
    size = max(len(case) // 2, 1)
    while size >= 1 and time.monotonic() < until:
        begin, smaller = 0, False
        while begin < len(case) and time.monotonic() < until:
            attempt = case[:begin] + case[begin + size :]
            if fails(attempt):
                case, smaller = attempt, True
            else:
                begin += size
        if not smaller or size > len(case):
            size //= 2
    return case
