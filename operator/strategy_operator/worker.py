"""Takes keys from the queue and reconciles them; the one place where any error of a strategy ends.

A strategy that makes the operator fail, even by an error nobody thought of, is tried again later and later; the
others do not notice.
"""

import time
from collections.abc import Awaitable, Callable

import structlog
from prometheus_client import Counter, Histogram

from strategy_operator.errors import Conflict, OperatorError
from strategy_operator.names import Key
from strategy_operator.queue import WorkQueue

log = structlog.get_logger(__name__)

_SECONDS = Histogram(
    "strategy_operator_reconcile_seconds",
    "Duration of one reconcile",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
_FAILURES = Counter("strategy_operator_reconcile_failures_total", "Reconciles that will be tried again", ["kind"])


async def work(queue: WorkQueue[Key], reconcile: Callable[[Key], Awaitable[float | None]]) -> None:
    """Reconcile what comes, for ever."""
    while True:
        key = await queue.get()
        with structlog.contextvars.bound_contextvars(namespace=key.namespace, strategy=key.name):
            started = time.monotonic()
            await _work_on(queue, key, reconcile)
            _SECONDS.observe(time.monotonic() - started)


async def _work_on(queue: WorkQueue[Key], key: Key, reconcile: Callable[[Key], Awaitable[float | None]]) -> None:
    try:
        again_after = await reconcile(key)
    except Conflict:
        # Somebody was faster; what they did is read next time.
        _FAILURES.labels("conflict").inc()
        queue.failed(key)
    except OperatorError as error:
        _FAILURES.labels("dependency").inc()
        log.warning("reconcile_postponed", reason=str(error), seconds=queue.failed(key))
    except Exception:
        # A defect met by one strategy must not end the worker of all others: it is logged, counted and tried again.
        _FAILURES.labels("defect").inc()
        log.exception("reconcile_failed", seconds=queue.failed(key))
    else:
        queue.done(key, again_after)
