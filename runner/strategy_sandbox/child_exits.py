"""Notice of children that have ended and of the wish to stop, as a descriptor that a poll can wait for.

Process 1 inherits orphans, so a child need not be one that the warden made; orphans only exist where seccomp is off.
A stop is raised where notices are taken and nowhere else: raised by the handler it would interrupt any step in the
middle, such as the closing of a descriptor.
"""

import os
import signal
from collections.abc import Iterator
from typing import Final

_STOPS: Final = frozenset({signal.SIGTERM, signal.SIGINT})


class StopRequested(Exception):
    """The process was told to end; the argument is the signal's name."""


class ChildExits:
    """Installs the handlers of SIGCHLD, SIGTERM and SIGINT and the wakeup descriptor of this process."""

    def __init__(self) -> None:
        self._read_end, write_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        # The descriptor is written only for signals that have a Python handler.
        for number in (signal.SIGCHLD, *_STOPS):
            signal.signal(number, lambda *_: None)
        signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)

    def fileno(self) -> int:
        return self._read_end

    def take(self) -> Iterator[int]:
        """Process ids of children that have ended; each must be reaped before the next is asked for.

        Raises StopRequested when the process was told to end.
        """
        try:
            numbers = os.read(self._read_end, 512)
        except BlockingIOError:
            return
        for number in _STOPS.intersection(numbers):
            raise StopRequested(signal.Signals(number).name)
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None:
                return
            yield ended.si_pid
