"""The warden: waits for a supervisor, serves its session, waits for the next one; ends on SIGTERM.

Trusted, holds no secret, never runs user code. A supervisor that restarts never restarts the warden, and a
warden that restarts finds its sockets' names free again.
"""

import os
import signal
import socket
import sys
from pathlib import Path
from typing import NoReturn

from strategy_sandbox.box.linux import PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS, PR_SET_PDEATHSIG, prctl
from strategy_sandbox.box.seccomp import forbid_network
from strategy_sandbox.child_exits import ChildExits, StopRequested
from strategy_sandbox.control import ControlConnection
from strategy_sandbox.doors import Doors
from strategy_sandbox.preload import Preloader
from strategy_sandbox.session import Session, WorkerConditions
from strategy_sandbox.warden_log import log


class Warden:
    """Owns the sockets and what has been preloaded, over any number of sessions."""

    def __init__(self, folder: Path, supervisor_uid: int, conditions: WorkerConditions) -> None:
        self._doors = Doors(folder, supervisor_uid)
        self._preloader = Preloader()
        self._conditions = conditions

    def protect(self, *, die_with_parent: bool) -> None:
        """Close this process to others of its user, and to the network, before anything is served."""
        prctl(PR_SET_DUMPABLE, 0)
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        if die_with_parent:
            prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if self._conditions.seccomp and not forbid_network():
            log.warning("seccomp_unavailable")

    def serve(self) -> NoReturn:
        """Sessions until SIGTERM or SIGINT."""
        child_exits = ChildExits()
        # The supervisor takes longer to start than this.
        self._preloader.load(())
        try:
            while True:
                self._doors.open()
                control = ControlConnection(self._await_supervisor(child_exits))
                log.info("supervisor_connected")
                Session(control, self._doors, self._preloader, self._conditions, child_exits).run()
                log.info("supervisor_gone")
        except StopRequested as stop:
            log.info("warden_stopping", signal=str(stop))
            sys.exit(0)
        finally:
            self._doors.close()

    def _await_supervisor(self, child_exits: ChildExits) -> socket.socket:
        while True:
            supervisor = self._doors.await_supervisor(child_exits.fileno())
            if supervisor is not None:
                return supervisor
            for orphan in child_exits.take():
                os.waitpid(orphan, 0)
