"""Notice of children that have ended, and of signals in general, as a descriptor that a poll can wait for.

Process 1 inherits orphans, so a child need not be one that the warden made; orphans only exist where seccomp is off.
"""

import os
import signal
from collections.abc import Iterator


class ChildExits:
    """Installs the handler of SIGCHLD and the wakeup descriptor of this process."""

    def __init__(self) -> None:
        self._read_end, write_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        # The descriptor is written only for signals that have a Python handler.
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)

    def fileno(self) -> int:
        return self._read_end

    def take(self) -> Iterator[int]:
        """Process ids of children that have ended; each must be reaped before the next is asked for."""
        try:
            os.read(self._read_end, 512)
        except BlockingIOError:
            return
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None:
                return
            yield ended.si_pid
