"""From how a worker ended to whose fault it was. Pure; the texts are for the author of the strategy."""

import signal
from enum import Enum
from typing import Final

from strategy_contracts.status_report import Fault
from strategy_contracts.worker_protocol import MEMORY_EXHAUSTED, Exited, Failed
from strategy_runner.errors import StrategyFailed, WorkerLost

BREAKS_CONTRACT: Final = "StrategyBreaksContract"
"""The worker's own word for an answer that is no decision; its message is a whole sentence."""
MAX_MESSAGE: Final = 1000
MAX_TRACEBACK: Final = 4000
MAX_LINE: Final = 10_000_000


class Killed(Enum):
    """Why the supervisor had a worker killed."""

    DEADLINE = "deadline"
    VIOLATION = "violation"


def verdict(exited: Exited, killed: Killed | None, *, task: str, detail: str = "") -> StrategyFailed | WorkerLost:
    """Judge the end of a worker during `task` ("the evaluation", "loading").

    `detail`: the deadline in words, or what the worker did wrong.
    """
    if exited.oom_killed:
        return _memory(f"the container's memory limit was reached during {task}", exited)
    if killed is Killed.DEADLINE:
        used = f"; it used {exited.cpu_seconds:.1f} s of CPU" if exited.cpu_seconds else ""
        return StrategyFailed(Fault.TIMEOUT, f"{task} took longer than {detail}{used}")
    if killed is Killed.VIOLATION:
        return StrategyFailed(Fault.CONTRACT_VIOLATION, f"{task}: {detail}")
    match exited.signal:
        case signal.SIGSYS:
            call = f"the system call {printable(exited.syscall, 40)}" if exited.syscall else "a system call"
            return StrategyFailed(Fault.SECURITY_VIOLATION, f"{task} tried {call}, which strategies may not make")
        case signal.SIGKILL:
            return WorkerLost(f"the worker was killed from outside during {task}")
        case 0 if exited.exit_code == MEMORY_EXHAUSTED:
            return _memory(f"no memory was left to answer with during {task}", exited)
        case 0:
            return StrategyFailed(Fault.CRASHED, f"the process ended with status {exited.exit_code} during {task}")
        case number:
            return StrategyFailed(Fault.CRASHED, f"the process was ended by {signal_name(number)} during {task}")


def lost_again(task: str) -> StrategyFailed:
    """A second loss in a row during one task: nobody else is near, so it is the strategy's memory."""
    return StrategyFailed(
        Fault.MEMORY_EXCEEDED,
        f"the process was killed twice during {task}; the likely cause is that it needs more memory than its limit",
    )


def raised(failed: Failed) -> StrategyFailed:
    """The strategy's own exception, made safe to show."""
    kind = failed.error_type
    fault = {"MemoryError": Fault.MEMORY_EXCEEDED, BREAKS_CONTRACT: Fault.CONTRACT_VIOLATION}.get(
        kind, Fault.STRATEGY_ERROR
    )
    text = failed.message if kind == BREAKS_CONTRACT else f"{kind}: {failed.message}" if failed.message else kind
    return StrategyFailed(
        fault,
        printable(text, MAX_MESSAGE),
        file=printable(failed.file, 200).replace("\n", "?") if failed.file else None,
        # The worker's word: Kubernetes would refuse the whole status for a number that is none of its own.
        line=failed.line if failed.line is not None and 0 < failed.line <= MAX_LINE else None,
        traceback=printable(failed.traceback, MAX_TRACEBACK) if failed.traceback else None,
    )


def not_boxed(layers: str) -> StrategyFailed:
    """The strategy container cannot give the isolation that is wanted: no user code has run."""
    return StrategyFailed(Fault.ISOLATION_MISSING, f"the strategy was not started: {layers}")


def in_loading(failure: StrategyFailed) -> StrategyFailed:
    """The same evidence, for a strategy that never came to run."""
    return StrategyFailed(
        Fault.LOAD_FAILED, failure.message, file=failure.file, line=failure.line, traceback=failure.traceback
    )


def printable(text: str, limit: int) -> str:
    """User text that is stored and shown: no control characters but line breaks and tabs, bounded."""
    clean = "".join(c if c.isprintable() or c in "\n\t" else "?" for c in text[: limit + 1])
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"


def signal_name(number: int) -> str:
    """SIGSEGV for 11; the number for one that has no name."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _memory(message: str, exited: Exited) -> StrategyFailed:
    peak = exited.peak_memory_bytes
    used = f"; the worker's peak was {peak // 2**20} MiB" if peak else ""
    return StrategyFailed(Fault.MEMORY_EXCEEDED, message + used)
