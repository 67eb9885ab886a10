"""What a worker prints, read from its pipe and kept to a budget.

A window of time lets one message of bounded size through; what is more is counted and forgotten, so
that a flood costs the supervisor nothing. The worker itself keeps honest `print`s to the same size per evaluation.
"""

import os
from dataclasses import dataclass, field
from typing import Final

OUTPUT_BYTES: Final = 4096
"""Of one evaluation."""
WINDOW_SECONDS: Final = 0.1
READ_BYTES_PER_WINDOW: Final = 64 * 1024
"""A faster writer blocks on its pipe and meets its deadline."""


@dataclass
class OutputBudget:
    """Text waiting to be reported, and what had to be dropped. Pure: bytes and times are arguments."""

    _kept: bytearray = field(default_factory=bytearray)
    _dropped: int = 0
    _read_in_window: int = 0
    _window_ends: float = 0.0

    def add(self, chunk: bytes) -> None:
        room = OUTPUT_BYTES - len(self._kept)
        self._kept += chunk[:room]
        self._dropped += max(len(chunk) - room, 0)
        self._read_in_window += len(chunk)

    def may_read(self, now: float) -> bool:
        return self._read_in_window < READ_BYTES_PER_WINDOW or now >= self._window_ends

    def due_in(self, now: float) -> float | None:
        """Seconds until `take` gives something; None while nothing is waiting."""
        if not self._kept and not self._dropped:
            return None
        return max(self._window_ends - now, 0.0)

    def take(self, now: float) -> tuple[str, int]:
        """The printable text and the number of bytes dropped since the last time; begins a window."""
        text = printable(self._kept.decode("utf-8", "replace"), keep_newlines=True)
        dropped = self._dropped
        self._kept.clear()
        self._dropped = 0
        self._read_in_window = 0
        self._window_ends = now + WINDOW_SECONDS
        return text, dropped


def read_available(descriptor: int) -> bytes:
    """What is in the pipe now; empty when there is nothing or nobody writes any more."""
    try:
        return os.read(descriptor, READ_BYTES_PER_WINDOW)
    except BlockingIOError:
        return b""


def printable(text: str, *, keep_newlines: bool = False) -> str:
    """The text without what could steer a terminal, a log or an encoder: control, bidi and surrogate characters."""
    return "".join(
        character if character.isprintable() or (keep_newlines and character in "\n\t") else " " for character in text
    )
