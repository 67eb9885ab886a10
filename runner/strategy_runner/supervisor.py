"""The supervisor as a whole: the run loop, the watch over the warden and the reports, together until one ends.

Opens nothing by itself; closes what it was given, in the order in which a stop has to happen.
"""

import asyncio
from typing import Any, NamedTuple

import structlog

from strategy_contracts.exit_codes import ExitCode
from strategy_runner.errors import Superseded, WardenUnresponsive
from strategy_runner.run_loop import RunLoop
from strategy_runner.run_parts import RunParts
from strategy_runner.sandbox import Sandbox
from strategy_runner.status_reporter import StatusReporter, StatusWriter

log = structlog.get_logger(__name__)


class Ending(NamedTuple):
    """How a run ended; `reason` is a sentence where the code is not OK."""

    code: ExitCode
    reason: str = ""


async def supervise(parts: RunParts, sandbox: Sandbox, writer: StatusWriter, stop: asyncio.Event) -> Ending:
    """Run until the stop or the end of the series.

    Errors that are nobody's fault but ours are not caught. TooManyFaults ends the replay of a file.
    """
    reporter = StatusReporter(parts.journal.state, parts.journal.report, writer)
    run = asyncio.create_task(RunLoop(parts, stop).run(), name="run-loop")
    watch = asyncio.create_task(sandbox.watch(), name="warden-watch")
    reports = asyncio.create_task(reporter.run(), name="status-reports")
    try:
        done, _ = await asyncio.wait([run, watch, reports], return_when=asyncio.FIRST_COMPLETED)
        await asyncio.gather(*done)
        return Ending(ExitCode.OK)
    except Superseded as error:
        log.warning("superseded", mine=error.mine, highest=error.highest)
        return Ending(ExitCode.SUPERSEDED, str(error))
    except WardenUnresponsive as error:
        parts.journal.warden_unresponsive(error)
        return Ending(ExitCode.WARDEN_UNRESPONSIVE, str(error))
    finally:
        await _cancel(run, watch, reports)
        await reporter.write_once()
        await parts.feed.close()
        await parts.sources.close()
        await sandbox.close()
        await parts.sink.close()
        await writer.close()


async def _cancel(*tasks: "asyncio.Task[Any]") -> None:
    pending = [task for task in tasks if not task.done()]
    for task in pending:
        task.cancel()
    if pending:
        await asyncio.wait(pending)
