"""Signals on a text stream, for local runs: one JSON object a line, or a table for people.

Keeps no checkpoint beyond the process: a local run starts anew each time.
"""

from collections.abc import Sequence
from typing import TextIO

import msgspec

from strategy_contracts.checkpoint import Checkpoint
from strategy_contracts.signal import Signal

HEADER = f"{'time (UTC)':<19}  {'symbol':<12} {'action':<11} {'price':>14} {'quantity':>12} {'conf':>5} {'risk':>5}"


class StdoutSink:
    """See `SignalSink`. `table` chooses the form."""

    def __init__(self, stream: TextIO, *, table: bool = False) -> None:
        self._stream, self._table = stream, table
        self._checkpoint: Checkpoint | None = None
        self._has_header = False

    async def open(self) -> Checkpoint | None:
        return self._checkpoint

    async def commit(self, signals: Sequence[Signal], checkpoint: Checkpoint) -> None:
        for signal in signals:
            if self._table and not self._has_header:
                self._has_header = True
                self._stream.write(HEADER + "\n")
            self._stream.write((row(signal) if self._table else line(signal)) + "\n")
        if signals:
            self._stream.flush()
        self._checkpoint = checkpoint

    async def close(self) -> None:
        self._stream.flush()


def line(signal: Signal) -> str:
    """The signal as it stands in the log's envelope."""
    return msgspec.json.encode(signal).decode()


def row(signal: Signal) -> str:
    """The signal in columns under HEADER."""
    price = "" if signal.current_price is None else f"{signal.current_price:.8g}"
    return (
        f"{signal.evaluation_time:%Y-%m-%d %H:%M:%S}  {signal.symbol:<12} {signal.action:<11} {price:>14} "
        f"{signal.execution_params.quantity:>12.8g} {signal.confidence:>5.2f} {signal.risk_score:>5.2f}"
    )
