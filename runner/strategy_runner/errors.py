"""The supervisor's errors, named by what the caller must do.

RunnerError
├── LogUnavailable      drop what is in memory, open the sink again, continue from what it restores
├── Superseded          exit with ExitCode.SUPERSEDED and stay out
├── FeedUnavailable     say so in readiness, try again
├── ChannelRefused      the market data cannot be had: say so with the provider's words
├── StrategyFailed      the strategy's fault: count it, back off, never restart the pod
├── WorkerLost          the worker was ended from outside: ask the same of a fresh one, once
└── WardenUnresponsive  the strategy container does not answer: report, the operator deletes the pod
"""

from strategy_contracts.status_report import Fault


class RunnerError(Exception):
    """Base of everything the supervisor raises itself."""


class LogUnavailable(RunnerError):
    """The log did not take the transaction, or may have taken it: only a restore knows."""


class Superseded(RunnerError):
    """A higher incarnation has claimed this execution."""

    def __init__(self, mine: int, highest: int) -> None:
        super().__init__(f"incarnation {highest} has claimed this execution; this one is {mine}")
        self.mine, self.highest = mine, highest


class FeedUnavailable(RunnerError):
    """Market data does not come at the moment."""


class ChannelRefused(RunnerError):
    """The gateway or file has no such series; the message names what is near."""


class StrategyFailed(RunnerError):
    """The strategy did not give an answer that can be used; the evidence says why."""

    def __init__(
        self,
        fault: Fault,
        message: str,
        *,
        file: str | None = None,
        line: int | None = None,
        traceback: str | None = None,
    ) -> None:
        super().__init__(message)
        self.fault, self.message = fault, message
        self.file, self.line, self.traceback = file, line, traceback


class WorkerLost(RunnerError):
    """The worker, or its container, ended without evidence against the strategy."""


class WardenUnresponsive(RunnerError):
    """The warden did not answer within its deadline."""
