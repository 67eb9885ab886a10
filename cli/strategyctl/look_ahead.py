"""`strategyctl check --bars`: whether a decision changes when later bars are known.

Every bar is asked about twice in the real box: with the bars up to it, as a run does, and out of the whole history.
Only strategies that answer with a row or a time for every bar can be asked so; others never see a later bar.
"""

import asyncio
from pathlib import Path
from typing import Final

from strategy_code.look_ahead import TwoAnswers, find_difference, in_words, suspect_line
from strategy_code.verdict import Finding, Severity
from strategy_contracts.bar import Bar
from strategy_contracts.bundle import EntryPoint
from strategy_contracts.signal import utc
from strategy_contracts.timeframe import Timeframe, close_time
from strategy_contracts.worker_protocol import NEWEST_BAR_ONLY, Evaluate, Load, Output
from strategy_runner.bar_feed.csv_feed import UnusableFile, read_series
from strategy_runner.errors import StrategyFailed, WorkerLost
from strategy_runner.sandbox_link import SandboxLink
from strategy_runner.strategy_imports import top_level_imports
from strategyctl.errors import CommandError, StrategyFaulty, UnusableInput
from strategyctl.strategy_files import StrategyFiles
from strategyctl.warden_process import warden_process

RULE: Final = "look-ahead"
MOST_BARS: Final = 5000
MEMORY_BYTES: Final = 512 * 1024 * 1024
DEADLINE_S: Final = 30.0


def find_look_ahead(
    strategy: StrategyFiles, entry_point: EntryPoint, path: Path, symbol: str, timeframe: Timeframe
) -> list[Finding]:
    """A finding about the first bar whose decision differs, or a warning that says why it was not looked for.

    None when all agree. Raises CommandError.
    """
    if not entry_point.shape.answers_every_bar:
        return [_not_compared(strategy, f"{entry_point.describe()} (kind {entry_point.shape.value})")]
    try:
        series = read_series(path, (symbol,), timeframe, symbol)[symbol]
    except UnusableFile as error:
        raise UnusableInput(f"--bars: {error}") from None
    bars = [series.bar(index) for index in range(len(series))][-MOST_BARS:]
    try:
        known, whole = asyncio.run(_ask_twice(strategy, entry_point, bars, symbol, timeframe))
    except StrategyFailed as failure:
        if failure.message.endswith(NEWEST_BAR_ONLY):
            return [_not_compared(strategy, f"{entry_point.describe()} gives no frame, so it")]
        place = f"{failure.file}:{failure.line}: " if failure.file else ""
        raise StrategyFaulty(f"{place}{failure.message}") from None
    except WorkerLost as loss:
        raise CommandError(str(loss)) from None
    answers = [TwoAnswers(place, *both) for place, both in enumerate(zip(known, whole, strict=True))]
    difference = find_difference(answers, strategy.files)
    if difference is None:
        return []
    message = difference.sentence(f"{utc(bars[difference.first.place].open_time):%Y-%m-%dT%H:%M:%SZ}")
    file, line = suspect_line(strategy.files, strategy.main_file) or (strategy.main_file, 1)
    return [Finding(rule=RULE, message=message, file=file, line=line)]


def _not_compared(strategy: StrategyFiles, what: str) -> Finding:
    message = f"not compared: {what} {NEWEST_BAR_ONLY} and is never shown a later one"
    return Finding(rule=RULE, message=message, file=strategy.main_file, severity=Severity.WARNING)


async def _ask_twice(
    strategy: StrategyFiles, entry_point: EntryPoint, bars: list[Bar], symbol: str, timeframe: Timeframe
) -> tuple[list[str], list[str]]:
    """By bar, the decision on the growing window and the one out of the whole history."""
    async with warden_process() as warden:
        sandbox = SandboxLink(
            warden.socket_dir,
            memory_bytes=MEMORY_BYTES,
            imports=top_level_imports(strategy.files),
            on_output=_drop,
        )
        try:
            await sandbox.start(_load(strategy, entry_point, symbol, timeframe, len(bars)), DEADLINE_S)
            known = [
                await _decision(sandbox, 2 + number, close_time(timeframe, bar.open_time), {symbol: [bar]}, None)
                for number, bar in enumerate(bars)
            ]
            end_ms = close_time(timeframe, bars[-1].open_time) if bars else 0
            whole = [
                await _decision(sandbox, 2 + len(bars) + number, end_ms, {}, bar.open_time)
                for number, bar in enumerate(bars)
            ]
        finally:
            await sandbox.close()
    return known, whole


def _load(strategy: StrategyFiles, entry_point: EntryPoint, symbol: str, timeframe: Timeframe, count: int) -> Load:
    return Load(
        id=1,
        files=strategy.files,
        entry_point=entry_point,
        parameters=strategy.spec.get("parameters") or {},
        symbols=(symbol,),
        timeframe=timeframe.value,
        lookback_bars=max(count, 1),
    )


async def _decision(
    sandbox: SandboxLink, request_id: int, time_ms: int, bars: dict[str, list[Bar]], decided_at_ms: int | None
) -> str:
    request = Evaluate(id=request_id, evaluation_time_ms=time_ms, bars=bars, decided_at_ms=decided_at_ms)
    answer = await sandbox.evaluate(request, DEADLINE_S)
    return in_words(candidate.action for candidate in answer.signals)


def _drop(_: Output) -> None:
    """What a strategy prints is not what is asked here."""
