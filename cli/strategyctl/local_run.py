"""`strategyctl run`: a strategy on files of bars, signals on standard output, everything else on standard error."""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from msgspec.structs import replace

from strategy_contracts.bundle import Bundle, Shape
from strategy_contracts.runner_config import RunnerConfig
from strategy_contracts.status_report import Counters, RunError, StatusReport
from strategy_contracts.worker_protocol import Output
from strategy_process.shutdown import stop_on_signals
from strategy_runner.bar_feed.csv_feed import CsvFeed, Series, UnusableFile, read_series
from strategy_runner.journal import Journal
from strategy_runner.run_parts import RunParts
from strategy_runner.sandbox_link import SandboxLink
from strategy_runner.schedule import Pacing
from strategy_runner.signal_factory import SignalFactory
from strategy_runner.signal_rules import rules_for
from strategy_runner.signal_sinks.stdout_sink import StdoutSink
from strategy_runner.strategy_imports import top_level_imports
from strategy_runner.strategy_session import StrategySession
from strategy_runner.stretch import TooManyFaults
from strategy_runner.supervisor import supervise
from strategyctl.check import as_text, judge
from strategyctl.errors import CommandError, StrategyFaulty, UnusableInput
from strategyctl.local_config import bundle_of, local_config, market_of, read_parameters
from strategyctl.strategy_files import read_strategy, with_node_parameters
from strategyctl.warden_process import LocalWarden, warden_process

INTERRUPTED = 130


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--strategy", type=Path, required=True, metavar="FILE|DIR|MANIFEST")
    parser.add_argument(
        "--bars",
        action="append",
        required=True,
        metavar="[SYMBOL=]FILE.csv",
        help="columns open_time (ms or ISO 8601), open, high, low, close, volume; symbol where a file holds several",
    )
    parser.add_argument("--symbols", type=_list, metavar="BTCUSDT,ETHUSDT")
    parser.add_argument("--timeframe", metavar="1m")
    parser.add_argument("--parameters", metavar="JSON|@FILE", help="what the strategy gets as its parameters")
    parser.add_argument("--lookback", type=int, metavar="BARS", help="bars per window (default 200)")
    parser.add_argument("--format", choices=("jsonl", "table"), default="jsonl", help="jsonl (default) or table")


def run(options: argparse.Namespace) -> int:
    """0, or 130 when it was interrupted. Raises CommandError."""
    strategy = read_strategy(options.strategy)
    strategy, parameters = with_node_parameters(strategy, read_parameters(options.parameters, strategy))
    verdict = judge(strategy)
    if verdict.entry_point is None:
        raise StrategyFaulty(as_text(strategy, verdict))
    market = market_of(options, strategy) if verdict.entry_point.shape is Shape.WORKFLOW else []
    bundle = bundle_of(strategy, verdict.entry_point, parameters, market)
    config = local_config(options, strategy, bundle.digest, market)
    series = _read_bars(options.bars, config)
    sink = StdoutSink(sys.stdout, table=options.format == "table")
    return asyncio.run(_run(config, bundle, CsvFeed(series, config.timeframe, config.lookback_bars), sink))


async def _run(config: RunnerConfig, bundle: Bundle, feed: CsvFeed, sink: StdoutSink) -> int:
    config = replace(config, signals=rules_for(bundle.entry_point.shape, config.signals))
    stop, journal, started = asyncio.Event(), Journal(config), time.monotonic()
    stop_on_signals(stop)
    async with warden_process() as warden:
        sandbox = SandboxLink(
            warden.socket_dir,
            memory_bytes=config.limits.memory_bytes,
            imports=top_level_imports(bundle.files),
            on_output=_print_output,
        )
        parts = RunParts(
            config=config,
            pacing=Pacing.FILE,
            feed=feed,
            sink=sink,
            session=StrategySession(sandbox, bundle, config, journal),
            factory=SignalFactory(config, bundle.parameters),
            journal=journal,
        )
        supervision = asyncio.create_task(supervise(parts, sandbox, FaultPrinter(sys.stderr), stop))
        try:
            await _unless_warden_ends(supervision, warden)
        except TooManyFaults as error:
            raise StrategyFaulty(f"gave up: {error}") from None
        finally:
            print(summary(journal.report().counters, time.monotonic() - started), file=sys.stderr)
    return INTERRUPTED if stop.is_set() else 0


async def _unless_warden_ends(supervision: "asyncio.Task[object]", warden: LocalWarden) -> None:
    """Wait for the run; a warden that ends by itself will not come back here, as it would in a pod."""
    ended = asyncio.create_task(warden.process.wait())
    try:
        await asyncio.wait({supervision, ended}, return_when=asyncio.FIRST_COMPLETED)
        if not supervision.done():
            raise CommandError(f"the sandbox process ended with status {warden.process.returncode}")
        await supervision
    finally:
        for task in (ended, supervision):
            task.cancel()
        await asyncio.wait({ended, supervision})


class FaultPrinter:
    """A `StatusWriter` for a terminal: what the strategy did wrong, each time something new is known."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._told: tuple[int, RunError | None] = (0, None)

    async def write(self, report: StatusReport) -> None:
        error, faults = report.last_error, report.counters.faults
        told, last = self._told
        if error is None or error == last:
            return
        more = f" (and {faults - told - 1} more before it)" if faults - told > 1 else ""
        place = f"{error.file}:{error.line}: " if error.file else ""
        self._stream.write(f"{place}{error.reason}: {error.message}{more}\n")
        self._told = (faults, error)

    async def close(self) -> None:
        self._stream.flush()


def summary(counters: Counters, seconds: float) -> str:
    """The last line on standard error."""
    reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(counters.rejected.items()))
    rejected = sum(counters.rejected.values())
    return (
        f"{_counted(counters.evaluations, 'evaluation')}, {_counted(counters.signals, 'signal')}, "
        f"{rejected} not published{f' ({reasons})' if reasons else ''}, "
        f"{_counted(counters.faults, 'fault')} in {seconds:.1f} s"
    )


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _read_bars(options: Sequence[str], config: RunnerConfig) -> dict[str, Series]:
    only = config.symbols[0] if len(config.symbols) == 1 else None
    series: dict[str, Series] = {}
    for option in options:
        symbol, equals, file = option.partition("=")
        if equals and symbol not in config.symbols:
            raise UnusableInput(f"--bars {option}: {symbol} is not among --symbols {','.join(config.symbols)}")
        path = Path(file if equals else option)
        try:
            found = read_series(path, config.symbols, config.timeframe, symbol if equals else only)
        except UnusableFile as error:
            raise UnusableInput(f"--bars: {error}") from None
        twice = sorted(set(found) & set(series))
        if twice:
            raise UnusableInput(f"--bars {option}: there are bars of {twice[0]} in an earlier file already")
        series |= found
    absent = [symbol for symbol in config.symbols if symbol not in series]
    if absent:
        raise UnusableInput(f"--bars: no bars of {', '.join(absent)} in {', '.join(options)}")
    return series


def _print_output(output: Output) -> None:
    for line in output.text.splitlines():
        print(f"strategy: {line}", file=sys.stderr)
    if output.dropped_bytes:
        print(f"strategy: ({output.dropped_bytes} more bytes)", file=sys.stderr)


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
