"""Stopping before there is anything to stop: the first thing a process installs, before its imports.

Process 1 of a container ignores SIGTERM for as long as it has no handler, and a pod that is deleted while its Python
imports would wait for the whole grace period. Imports nothing but `signal` and `os`, so that it is there at once.
"""

import os
import signal


def leave_on_stop_signals() -> None:
    """SIGTERM and SIGINT end this process with 0, until somebody installs handlers of their own."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)


def _leave(*_: object) -> None:
    # Not SystemExit: raised in the middle of an import it could be caught there.
    os._exit(0)
