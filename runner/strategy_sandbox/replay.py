"""Rebuilds a strategy whose state could not travel whole: it is asked again about the bars of its windows.

What it decides and prints meanwhile is dropped. What it remembers from further back than its windows stays lost, which
the condition StateNotRestorable says; what did travel is brought back afterwards, over what the replay has made of it.
"""

import io
import sys
import time
from collections import defaultdict
from contextlib import redirect_stderr, redirect_stdout
from typing import Protocol

from strategy_contracts.bar import Bar
from strategy_contracts.timeframe import Timeframe, close_time
from strategy_contracts.worker_protocol import Candidate, Evaluate, Load
from strategy_sandbox.moment import Moment
from strategy_sandbox.windows import BarWindow


class Asked(Protocol):
    """A loaded strategy."""

    def evaluate(self, moment: Moment) -> list[Candidate]:
        """See `adapters.Adapter`."""


def replay(strategy: Asked, load: Load, request: Evaluate) -> None:
    """Ask about every close in the bars of `request` that lies before it."""
    windows = {symbol: BarWindow(load.lookback_bars) for symbol in load.symbols}
    closes = _closes(load, request)
    failures, done, ends = 0, 0, time.monotonic() + load.rebuild_seconds
    for time_ms, bars in closes:
        if time.monotonic() > ends:
            break
        for symbol, fresh in bars.items():
            windows[symbol].add(fresh)
        moment = Moment(time_ms=time_ms, windows=windows, news=bars, account=request.account)
        failures += not _ask(strategy, moment)
        done += 1
    note = f"state rebuilt from {done} of {len(closes)} closes"
    print(f"{note}; {failures} of them raised" if failures else note, file=sys.stderr)  # noqa: T201 - for its author


def _closes(load: Load, request: Evaluate) -> list[tuple[int, dict[str, list[Bar]]]]:
    """By close time, before that of the request, the bars of each symbol."""
    timeframe = Timeframe(load.timeframe)
    found: defaultdict[int, dict[str, list[Bar]]] = defaultdict(dict)
    for symbol, bars in request.bars.items():
        for bar in bars:
            closed_at = close_time(timeframe, bar.open_time)
            if bar.closed and closed_at < request.evaluation_time_ms:
                found[closed_at].setdefault(symbol, []).append(bar)
    return sorted(found.items())


def _ask(strategy: Asked, moment: Moment) -> bool:
    """False when it raised: its windows are shorter here than they ever were, so that is no fault of its own."""
    dropped = io.StringIO()
    try:
        with redirect_stdout(dropped), redirect_stderr(dropped):
            strategy.evaluate(moment)
    except Exception:  # noqa: BLE001 - whatever user code raises; it is counted and said
        return False
    return True
