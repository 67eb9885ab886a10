"""A strategy whose every signal is known beforehand, and the smallest run loop that keeps to the sink's contract.

Evaluation n is at the n-th minute and publishes n mod 3 signals.
"""

import asyncio
from collections.abc import Callable, Sequence

from builders import MINUTE, T0, a_checkpoint, a_signal
from strategy_contracts.checkpoint import Checkpoint
from strategy_contracts.signal import Signal
from strategy_runner.errors import LogUnavailable
from strategy_runner.signal_sinks import SignalSink

SYMBOLS = ("BTCUSDT", "ETHUSDT")
RETRY_S = 0.05


def evaluate(execution_id: str, incarnation: int, before: Checkpoint | None) -> tuple[list[Signal], Checkpoint]:
    """The next evaluation after a checkpoint: its signals and its own checkpoint."""
    number = evaluation_number(before) + 1
    sequence = before.sequence if before else 0
    at_ms = T0 + number * MINUTE
    identity = {"execution_id": execution_id, "incarnation": incarnation}
    signals = [
        a_signal(sequence + place, at_ms=at_ms, symbol=symbol, **identity)
        for place, symbol in enumerate(SYMBOLS[: number % 3], start=1)
    ]
    return signals, a_checkpoint(evaluation_time_ms=at_ms, sequence=sequence + len(signals), **identity)


def evaluation_number(checkpoint: Checkpoint | None) -> int:
    if checkpoint is None or checkpoint.evaluation_time_ms is None:
        return 0
    return (checkpoint.evaluation_time_ms - T0) // MINUTE


def expected_signals(execution_id: str, evaluations: int) -> list[tuple[int, str]]:
    """Sequence and id of everything that so many evaluations publish."""
    expected: list[tuple[int, str]] = []
    checkpoint: Checkpoint | None = None
    for _ in range(evaluations):
        signals, checkpoint = evaluate(execution_id, 1, checkpoint)
        expected += [(signal.sequence, signal.signal_id) for signal in signals]
    return expected


async def run(
    sink: SignalSink,
    execution_id: str,
    incarnation: int,
    evaluations: int,
    on_commit: Callable[[int], None] = lambda number: None,
) -> None:
    """Evaluate up to `evaluations`, restoring after every LogUnavailable; Superseded goes through."""
    checkpoint = await reopen(sink)
    while evaluation_number(checkpoint) < evaluations:
        signals, after = evaluate(execution_id, incarnation, checkpoint)
        try:
            await sink.commit(signals, after)
        except LogUnavailable:
            checkpoint = await reopen(sink)
        else:
            checkpoint = after
            on_commit(evaluation_number(after))


async def reopen(sink: SignalSink) -> Checkpoint | None:
    while True:
        try:
            return await sink.open()
        except LogUnavailable:
            await asyncio.sleep(RETRY_S)


async def advance(sink: SignalSink, execution_id: str, incarnation: int, before: Checkpoint | None) -> Checkpoint:
    """One committed evaluation."""
    signals, after = evaluate(execution_id, incarnation, before)
    await sink.commit(signals, after)
    return after


def identities(signals: Sequence[Signal]) -> list[tuple[int, str]]:
    return [(signal.sequence, signal.signal_id) for signal in signals]
