"""What the supervisor needs of a sandbox: a fresh worker that has become the strategy, and its answers.

`sandbox_link` is the real one. Everything raised here is an error of `errors`: StrategyFailed with evidence,
WorkerLost when the end came from outside, WardenUnresponsive when the sandbox itself does not answer.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from strategy_contracts.worker_protocol import Evaluate, Evaluated, Load


@dataclass(frozen=True, slots=True)
class Started:
    """A worker that has loaded the strategy. `layers` of the box are on, outermost first."""

    layers: tuple[str, ...]
    stateful: bool


class Sandbox(Protocol):
    """At most one worker, and one request at a time. Ids of requests are the caller's and must be new."""

    async def start(self, load: Load, deadline_s: float, require: Collection[str] = ()) -> Started:
        """End the present worker, if any, and load the strategy into a fresh one.

        Waits for the strategy container as long as it takes; the deadline covers loading. Where a layer that is
        required is not on, nothing of the strategy is sent: StrategyFailed with ISOLATION_MISSING.
        """

    async def evaluate(self, request: Evaluate, deadline_s: float) -> Evaluated:
        """The strategy's answer. After StrategyFailed or WorkerLost `has_worker` says whether it can go on."""

    @property
    def has_worker(self) -> bool:
        """Whether a loaded worker is alive, as far as is known."""

    async def discard(self) -> None:
        """End the present worker, if any."""

    async def watch(self) -> None:
        """Runs until cancelled; raises WardenUnresponsive."""

    async def close(self) -> None:
        """End the worker and let go of the sandbox; safe to call twice."""
