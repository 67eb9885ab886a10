"""The worker's stdout and stderr: honest `print`s of one evaluation, up to the budget, line by line.

A convenience for authors, not a limit: whoever writes to the descriptor itself meets the warden's budget.
"""

import io
import logging
import os
import sys

from strategy_sandbox.output import OUTPUT_BYTES


class PrintedText(io.TextIOBase):
    """A text stream that writes whole lines at once, so that they are out before an evaluation is killed."""

    encoding = "utf-8"

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._line = ""
        self._left = OUTPUT_BYTES
        self._dropped = 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self._line += text
        if "\n" in text or len(self._line) >= self._left:
            self.flush()
        return len(text)

    def flush(self) -> None:
        data = self._line.encode("utf-8", "replace")
        self._line = ""
        if data[: self._left]:
            os.write(self._descriptor, data[: self._left])
        self._dropped += max(len(data) - self._left, 0)
        self._left = max(self._left - len(data), 0)

    def end_evaluation(self) -> None:
        """Write what is left of the last line, say how much was too much, and start a new budget."""
        self.flush()
        if self._dropped:
            os.write(self._descriptor, b"\n(%d more bytes were printed)\n" % self._dropped)
        self._left, self._dropped = OUTPUT_BYTES, 0


def redirect_printing(descriptor: int) -> PrintedText:
    """Send print, warnings and logging of this process to the descriptor."""
    printed = PrintedText(descriptor)
    sys.stdin = None
    sys.stdout = sys.stderr = printed
    # The warden's own log format is not the strategy's business; `logging` falls back to stderr.
    logging.getLogger().handlers.clear()
    return printed
