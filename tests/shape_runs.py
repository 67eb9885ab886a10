"""Runs a strategy in the real box bar by bar, with the paper account and the signal rules of a supervisor."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from builders import a_runner_config
from strategy_code.analysis import analyse
from strategy_contracts.bar import Bar
from strategy_contracts.bundle import EntryPoint
from strategy_contracts.runner_config import RepeatPolicy, SignalRules
from strategy_contracts.signal import Signal
from strategy_contracts.timeframe import Timeframe, close_time
from strategy_contracts.worker_protocol import Candidate, Evaluate, Evaluated, Load, Loaded
from strategy_runner.evaluation import Evaluation, first_checkpoint
from strategy_runner.signal_factory import SignalFactory
from strategy_runner.windows import Windows
from warden_client import Supervisor

AT = datetime(2026, 1, 1, tzinfo=UTC)
RULES = SignalRules(repeat=RepeatPolicy.ALWAYS, cooldown_seconds=0, max_per_minute=1000)
"""Everything is published, so that the account follows each decision."""


@dataclass
class ShapeRun:
    """What a strategy decided: by bar, the candidates; and the signals that were published."""

    decisions: list[tuple[int, Candidate]] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)
    not_restorable: set[str] = field(default_factory=set)

    @property
    def actions(self) -> list[tuple[int, str]]:
        """By bar, what was not HOLD."""
        return [(bar, candidate.action) for bar, candidate in self.decisions if candidate.action != "HOLD"]


def files_of(path: Path) -> dict[str, str]:
    """A sample as a bundle's files."""
    return {"main.py": path.read_text()}


def entry_point_of(files: dict[str, str]) -> EntryPoint:
    """As admission finds it."""
    verdict = analyse(files, "main.py")
    assert verdict.entry_point is not None, verdict.findings
    return verdict.entry_point


def run_shape(
    supervisor: Supervisor,
    files: dict[str, str],
    series: dict[str, Sequence[Bar]],
    *,
    parameters: dict[str, Any] | None = None,
    lookback: int = 60,
    kill_every: int | None = None,
    rules: SignalRules = RULES,
    imports: Sequence[str] = (),
) -> ShapeRun:
    """Every bar of the series is an evaluation; with `kill_every` the worker is killed after each so many."""
    entry_point, parameters = entry_point_of(files), parameters or {}
    config = a_runner_config(symbols=tuple(series), lookback_bars=lookback, signals=rules)
    windows = Windows(config.symbols, Timeframe.M1, lookback)
    factory, checkpoint, result = SignalFactory(config, parameters), first_checkpoint(config), ShapeRun()
    ids = iter(range(1000, 10**9))

    def load() -> None:
        supervisor.spawn(*imports)
        reply = supervisor.ask(
            Load(
                id=next(ids),
                files=files,
                entry_point=entry_point,
                parameters=parameters,
                symbols=config.symbols,
                timeframe="1m",
                lookback_bars=lookback,
                state=checkpoint.strategy_state,
            )
        )
        assert isinstance(reply, Loaded), reply

    load()
    mark = None
    for number, (time_ms, bars) in enumerate(_closes(series)):
        for symbol, bar in bars.items():
            windows.add(symbol, bar)
        evaluation = Evaluation(config, checkpoint, windows, time_ms)
        news = windows.full(time_ms) if mark is None else windows.news(time_ms, mark)
        mark = windows.mark(time_ms)
        request = Evaluate(id=next(ids), evaluation_time_ms=time_ms, bars=news, account=evaluation.account_summary())
        answer = supervisor.ask(request)
        assert isinstance(answer, Evaluated), answer
        outcome = evaluation.conclude(answer.signals, factory, answer.state, generated_at=AT, market_ms=None)
        checkpoint = outcome.checkpoint
        windows.forget_before(time_ms)
        result.decisions += [(number, candidate) for candidate in answer.signals]
        result.signals += outcome.signals
        result.not_restorable.update(answer.not_restorable)
        for reason, count in outcome.refused.items():
            result.refused[reason] = result.refused.get(reason, 0) + count
        if kill_every and (number + 1) % kill_every == 0:
            supervisor.kill()
            load()
            mark = None
    return result


def _closes(series: dict[str, Sequence[Bar]]) -> Iterator[tuple[int, dict[str, Bar]]]:
    """By close time, the bars of all symbols; they are of equal length."""
    for bars in zip(*series.values(), strict=True):
        yield close_time(Timeframe.M1, bars[0].open_time), dict(zip(series, bars, strict=True))
