"""Asks a loaded strategy about earlier bars, with and without what came later, before later bars are there to trade.

For strategies whose answer about a window has every bar's decision in it. The time it takes is bounded, what is
printed meanwhile is dropped, and what it does to the strategy's state is watched: one that remembers is not compared.
"""

import io
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from typing import Final, Protocol

from strategy_code.look_ahead import NOTHING, TwoAnswers, find_difference, in_words
from strategy_contracts.worker_protocol import NEWEST_BAR_ONLY, Candidate, LookAhead
from strategy_sandbox.adapters.decisions import About
from strategy_sandbox.adapters.symbol_views import SymbolView, symbol_views
from strategy_sandbox.errors import StrategyBreaksContract
from strategy_sandbox.moment import Moment

MOST_PREFIXES: Final = 32
_MOST_ROWS: Final = 256
"""Of the answer about the whole history, read to find the bars that are worth asking about."""
REMEMBERS: Final = "it remembers what it was asked before"


class AnswersEveryBar(Protocol):
    """What an adapter of such a strategy has besides `evaluate`."""

    def answer(self, view: SymbolView) -> object:
        """What the strategy returns, or leaves behind, for one frame."""

    def read(self, answer: object, about: About) -> list[Candidate]:
        """The decision about one bar of that frame."""


@dataclass
class Budget:
    """Wall time. `longest_s` is what a call has taken at most: none is begun that would not end in time."""

    seconds: float
    longest_s: float = 0.0
    monotonic: Callable[[], float] = time.monotonic
    started: float = field(init=False)

    def __post_init__(self) -> None:
        self.started = self.monotonic()

    def allows_call(self) -> bool:
        return self.spent_s + self.longest_s < self.seconds

    @property
    def spent_s(self) -> float:
        return self.monotonic() - self.started

    def call_took(self, seconds: float) -> None:
        self.longest_s = max(self.longest_s, seconds)


class _NotComparable(Exception):
    """With the reason, for the log."""


class Comparison:
    """One run of the check."""

    def __init__(
        self,
        strategy: AnswersEveryBar,
        files: Mapping[str, str],
        budget: Budget,
        remembers: Callable[[], bool] = lambda: False,
        most: int = MOST_PREFIXES,
    ) -> None:
        self._strategy, self._files, self._budget = strategy, files, budget
        self._remembers, self._most = remembers, most
        self._compared = 0

    def run(self, moment: Moment) -> LookAhead:
        """The first symbol with a difference; what could be compared in time when there is none."""
        dropped = io.StringIO()
        with redirect_stdout(dropped), redirect_stderr(dropped):
            try:
                return self._run(moment)
            except _NotComparable as reason:
                words = str(reason)[:400]
                return LookAhead(compared=self._compared, not_compared=words, state_changed=self._remembers())

    def _run(self, moment: Moment) -> LookAhead:
        views = list(symbol_views(moment))
        most = max(1, self._most // max(1, len(views)))
        for view in views[: self._most]:
            difference = find_difference(self._answers(view, most), self._files)
            if difference is not None:
                first = difference.first
                return LookAhead(
                    compared=difference.compared,
                    differing=difference.differing,
                    symbol=view.symbol,
                    open_time_ms=view.frame.index[first.place].value // 1_000_000,
                    known=first.known[:100],
                    whole=first.whole[:100],
                )
        return LookAhead(compared=self._compared)

    def _answers(self, view: SymbolView, most: int) -> list[TwoAnswers]:
        if not self._budget.allows_call():
            return []
        decided = self._whole_history(view)
        answers: list[TwoAnswers] = []
        for place in worth_asking(decided, most):
            if not self._budget.allows_call():
                break
            answers.append(TwoAnswers(place, self._as_known(view, place), decided[place]))
            self._compared += 1
        return answers

    def _whole_history(self, view: SymbolView) -> dict[int, str]:
        """By place, the decision; only as many as can be read in half of the time."""
        frame = view.frame
        try:
            answer = self._call(SymbolView(view.about, frame.copy()))
        except StrategyBreaksContract as broken:
            raise _NotComparable(str(broken)) from None
        except Exception as error:
            raise _NotComparable("it raised on the whole history") from error
        if self._remembers():
            raise _NotComparable(REMEMBERS)
        decided: dict[int, str] = {}
        for place in spread(range(len(frame)), _MOST_ROWS):
            if self._budget.spent_s > self._budget.seconds / 2:
                break
            decided[place] = self._read(answer, _about(view, place, is_earlier=True))
        return decided

    def _as_known(self, view: SymbolView, place: int) -> str:
        """A strategy that raises on so short a window decides nothing on it."""
        about = _about(view, place, is_earlier=False)
        try:
            answer = self._call(SymbolView(about, view.frame.iloc[: place + 1].copy()))
        except Exception:  # noqa: BLE001 - whatever user code raises
            return NOTHING
        finally:
            if self._remembers():
                raise _NotComparable(REMEMBERS)
        return self._read(answer, about)

    def _call(self, view: SymbolView) -> object:
        began = self._budget.spent_s
        try:
            return self._strategy.answer(view)
        finally:
            self._budget.call_took(self._budget.spent_s - began)

    def _read(self, answer: object, about: About) -> str:
        try:
            return in_words(candidate.action for candidate in self._strategy.read(answer, about))
        except StrategyBreaksContract as broken:
            if str(broken).endswith(NEWEST_BAR_ONLY):
                raise _NotComparable(str(broken)) from None
            return NOTHING


def worth_asking(decided: Mapping[int, str], most: int) -> list[int]:
    """Places where the whole history acts, and others, in turn: a strategy that seldom acts mostly says nothing."""
    places = {kind: [place for place, words in decided.items() if (words == NOTHING) is kind] for kind in (True, False)}
    acting = spread(places[False], most - min(len(places[True]), most // 2))
    quiet = spread(places[True], most - len(acting))
    turns = max(len(acting), len(quiet))
    return [place for turn in range(turns) for kind in (acting, quiet) for place in kind[turn : turn + 1]]


def spread(places: Sequence[int], most: int) -> list[int]:
    """At most so many of them, evenly, the last one always."""
    count = min(len(places), most)
    return [places[(number + 1) * len(places) // count - 1] for number in range(count)]


def _about(view: SymbolView, place: int, *, is_earlier: bool) -> About:
    frame = view.frame
    return About(view.symbol, float(frame["close"].iloc[place]), frame.index[place], is_earlier=is_earlier)
