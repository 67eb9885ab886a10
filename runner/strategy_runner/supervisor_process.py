"""The supervisor container's process: reads its settings, wires the parts of a run, and says how it ended.

Imported by `__main__` alone, once SIGTERM is heard; until the run has its own handler a stop has nothing to put away.
"""

import asyncio
import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec
import structlog
from msgspec.structs import replace

from strategy_contracts.bundle import Bundle, decode_bundle
from strategy_contracts.errors import ContractViolation
from strategy_contracts.exit_codes import ExitCode
from strategy_contracts.run_market import in_its_market
from strategy_contracts.runner_config import RUNNER_CONFIG_VARIABLE, RunnerConfig, decode_runner_config
from strategy_contracts.worker_protocol import Output
from strategy_process.health import HealthServer
from strategy_process.logs import configure_logging
from strategy_process.settings import InvalidSettings, describe, read_settings
from strategy_process.shutdown import stop_on_signals
from strategy_runner.journal import Journal
from strategy_runner.run_parts import RunParts
from strategy_runner.sandbox_link import SandboxLink
from strategy_runner.settings import RunnerSettings
from strategy_runner.signal_factory import SignalFactory
from strategy_runner.signal_rules import rules_for
from strategy_runner.strategy_imports import top_level_imports
from strategy_runner.strategy_session import StrategySession
from strategy_runner.supervisor import Ending, supervise
from strategy_runner.wiring import open_feed, open_sink, open_sources, open_status_writer, pacing_of

log = structlog.get_logger(__name__)

STOP_MARGIN_S = 18.0
"""Beyond the evaluation's deadline; the operator's grace period is 2 s longer."""


def main(environ: Mapping[str, str] = os.environ) -> int:
    """The process's exit code; when it is not 0 the reason is also in the termination message."""
    try:
        settings = read_settings(RunnerSettings, environ)
        config = _read_config(settings)
        bundle = _read_bundle(settings, config)
        config = in_its_market(config, bundle)
    except InvalidSettings as problem:
        configure_logging()
        log.error("settings_invalid", cause=str(problem))
        _leave_word(environ.get("TERMINATION_LOG", RunnerSettings.termination_log), str(problem))
        return ExitCode.INVALID_CONFIG
    configure_logging(settings.log_level, settings.log_format)
    structlog.contextvars.bind_contextvars(
        strategy=f"{config.namespace}/{config.name}",
        execution_id=config.execution_id,
        incarnation=config.incarnation,
    )
    log.info("supervisor_started", **{**describe(settings), "runner_config": msgspec.to_builtins(config)})
    try:
        ending = asyncio.run(_run(settings, config, bundle))
    except InvalidSettings as problem:
        log.error("settings_invalid", cause=str(problem))
        ending = Ending(ExitCode.INVALID_CONFIG, str(problem))
    log.info("supervisor_stopped", exit_code=int(ending.code), reason=ending.reason)
    if ending.code is not ExitCode.OK:
        _leave_word(settings.termination_log, ending.reason)
    return ending.code


def _read_config(settings: RunnerSettings) -> RunnerConfig:
    try:
        return decode_runner_config(settings.runner_config)
    except msgspec.MsgspecError as error:
        raise InvalidSettings(f"{RUNNER_CONFIG_VARIABLE}: {error}") from error


def _read_bundle(settings: RunnerSettings, config: RunnerConfig) -> Bundle:
    try:
        return decode_bundle(Path(settings.bundle_path).read_bytes(), config.bundle_digest)
    except (OSError, msgspec.MsgspecError, ContractViolation) as error:
        raise InvalidSettings(f"bundle {settings.bundle_path}: {error}") from error


async def _run(settings: RunnerSettings, config: RunnerConfig, bundle: Bundle) -> Ending:
    stop = asyncio.Event()
    stop_on_signals(stop)
    config = replace(config, signals=rules_for(bundle.entry_point.shape, config.signals))
    journal = Journal(config)
    sandbox = SandboxLink(
        Path(settings.strategy_socket_dir),
        memory_bytes=config.limits.memory_bytes,
        imports=top_level_imports(bundle.files),
        on_output=_log_output,
    )
    sources = open_sources(settings, config, bundle)
    parts = RunParts(
        config=config,
        pacing=pacing_of(config),
        feed=open_feed(settings, config),
        sink=open_sink(settings, config, journal),
        session=StrategySession(sandbox, bundle, config, journal, sources),
        factory=SignalFactory(config, bundle.parameters),
        journal=journal,
        sources=sources,
    )
    writer = open_status_writer(settings)
    health = HealthServer(
        settings.http_host,
        settings.http_port,
        ready=journal.not_ready_because,
        registry=journal.metrics.registry,
    )
    await health.start()
    try:
        supervision = asyncio.create_task(supervise(parts, sandbox, writer, stop))
        return await _within_grace(supervision, stop, config.limits.execution_timeout_seconds + STOP_MARGIN_S, settings)
    finally:
        await health.close()


async def _within_grace(
    supervision: "asyncio.Task[Ending]", stop: asyncio.Event, grace_s: float, settings: RunnerSettings
) -> Ending:
    """The run's own ending; after a stop only for as long as the pod's grace period lasts."""
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({supervision, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not supervision.done():
        await asyncio.wait({supervision}, timeout=grace_s)
    if supervision.done():
        return supervision.result()
    log.error("stop_not_finished", grace_s=grace_s)
    _leave_word(settings.termination_log, f"the orderly stop did not finish within {grace_s:.0f} s")
    # Whatever hangs would also hang the loop's own closing.
    os._exit(ExitCode.SHUTDOWN_TIMEOUT)


def _log_output(output: Output) -> None:
    """What a strategy prints, as one field: bounded, and without control characters."""
    log.info("strategy_printed", strategy_output=output.text.rstrip(), dropped_bytes=output.dropped_bytes)


def _leave_word(path: str, text: str) -> None:
    """For `kubectl describe pod`; outside a cluster there is no such file."""
    with contextlib.suppress(OSError):
        Path(path).write_text(text[:4000], encoding="utf-8")
