"""The strategy container's process 1: reads its settings, loads the libraries, and serves as the warden.

Imported by `__main__` alone, once SIGTERM is heard.
"""

import argparse
import os
import sys
import sysconfig
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from strategy_contracts.exit_codes import ExitCode
from strategy_contracts.runner_config import SOCKET_MOUNT_PATH, SUPERVISOR_UID
from strategy_process.settings import InvalidSettings, describe, read_settings
from strategy_sandbox.box import LANDLOCK, RLIMITS, SECCOMP
from strategy_sandbox.oom_counter import find_counter_file
from strategy_sandbox.session import WorkerConditions
from strategy_sandbox.warden import Warden
from strategy_sandbox.warden_log import log

_SINGLE_THREADED = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}
"""Read by libraries when they are loaded; a warden with threads could not fork."""


@dataclass(frozen=True, kw_only=True)
class WardenSettings:
    """The warden's settings; command line options win over the environment."""

    strategy_socket_dir: str = SOCKET_MOUNT_PATH
    supervisor_uid: int = SUPERVISOR_UID
    box_layers: tuple[str, ...] = (RLIMITS, LANDLOCK, SECCOMP)
    """Layers to install; for finding out which one stands in the way. Reports name those that are on."""
    log_level: str = "INFO"
    log_format: str = "json"


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Serve until SIGTERM."""
    options = _parse(arguments)
    if sys.platform != "linux":
        _refuse("strategies run on Linux only: the box is made of its system calls; use a Linux container")
    overrides = {name.upper(): str(value) for name, value in vars(options).items() if value is not None}
    try:
        settings = read_settings(WardenSettings, {**os.environ, **overrides})
    except InvalidSettings as problem:
        _refuse(str(problem))
    log.configure(settings.log_level, settings.log_format)
    os.environ.update(_SINGLE_THREADED)
    # Not at the top: it imports numpy, which reads the environment only then.
    from strategy_sandbox.worker import run_worker, warm_up  # noqa: PLC0415

    warm_up()
    conditions = WorkerConditions(
        run=run_worker,
        readable_paths=_readable_paths(),
        landlock=LANDLOCK in settings.box_layers,
        seccomp=SECCOMP in settings.box_layers,
        oom_counter=find_counter_file(),
    )
    warden = Warden(Path(settings.strategy_socket_dir), settings.supervisor_uid, conditions)
    warden.protect(die_with_parent=options.exit_with_parent)
    log.info("warden_started", **describe(settings))
    warden.serve()


def _refuse(reason: str) -> NoReturn:
    print(f"strategy_sandbox: {reason}", file=sys.stderr)  # noqa: T201 - there is no log yet
    sys.exit(ExitCode.INVALID_CONFIG)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="strategy_sandbox", description="Runs one strategy in a box.")
    parser.add_argument("--strategy-socket-dir", help="folder of control.sock and data.sock")
    parser.add_argument("--supervisor-uid", type=int, help="the only user that may connect")
    parser.add_argument("--box-layers", help="comma-separated: rlimits,landlock,seccomp")
    parser.add_argument("--exit-with-parent", action="store_true", help="end when the starting process ends")
    return parser.parse_args(arguments)


def _readable_paths() -> tuple[str, ...]:
    """What a worker may read: Python's libraries and the time zones."""
    libraries = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    return tuple(sorted(libraries | set(zoneinfo.TZPATH)))
