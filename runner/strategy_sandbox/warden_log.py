"""The warden's log: the lines that every process of the project writes, without what the others write them with.

structlog brings asyncio and TLS, 3 MiB that each strategy's pod would hold for a dozen events. Same form: one JSON
object a line with event, level, logger and timestamp; `console` for terminals.
"""

import sys
from datetime import UTC, datetime
from typing import Final

import msgspec

_LEVELS: Final = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40, "CRITICAL": 50}
_LOGGER: Final = "strategy_sandbox"


class WardenLog:
    """Constant event names, data as fields."""

    def __init__(self) -> None:
        self._threshold = _LEVELS["INFO"]
        self._json = True

    def configure(self, level: str, log_format: str) -> None:
        """Levels are those of `logging`; an unknown one means INFO."""
        self._threshold = _LEVELS.get(level.upper(), _LEVELS["INFO"])
        self._json = log_format != "console"

    def info(self, event: str, **fields: object) -> None:
        self._write("info", event, fields)

    def warning(self, event: str, **fields: object) -> None:
        self._write("warning", event, fields)

    def error(self, event: str, **fields: object) -> None:
        self._write("error", event, fields)

    def _write(self, level: str, event: str, fields: dict[str, object]) -> None:
        if _LEVELS[level.upper()] < self._threshold:
            return
        timestamp = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        if self._json:
            entry = {**fields, "event": event, "level": level, "logger": _LOGGER, "timestamp": timestamp}
            line = msgspec.json.encode(entry, enc_hook=repr).decode()
        else:
            line = " ".join([timestamp, f"[{level}]", event, *(f"{name}={value!r}" for name, value in fields.items())])
        # One write: a line that is cut in two by somebody else's is none.
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


log: Final = WardenLog()
"""Configured once, by the process."""
