"""What a strategy prints, kept to so many bytes an evaluation and to characters that can be shown.

The warden does the same, but it sits beside the strategy: whatever took it over would write the supervisor's log. Pure.
"""

from collections.abc import Callable
from typing import Final

from strategy_contracts.worker_protocol import Output
from strategy_runner.evidence import printable

OUTPUT_BYTES: Final = 4096
"""Of one evaluation, or of loading."""


class OutputBudget:
    """Passes on what the budget allows, and says once per evaluation how much it was that it did not."""

    def __init__(self, pass_on: Callable[[Output], None]) -> None:
        self._pass_on = pass_on
        self._left = OUTPUT_BYTES
        self._suppressed = 0
        self._spawn_id = 0

    def renew(self) -> None:
        """Another evaluation begins."""
        if self._suppressed:
            self._pass_on(Output(id=self._spawn_id, text="", dropped_bytes=self._suppressed))
        self._left, self._suppressed = OUTPUT_BYTES, 0

    def take(self, output: Output) -> None:
        """Something was printed."""
        self._spawn_id = output.id
        if self._left == 0:
            self._suppressed += len(output.text.encode("utf-8", "replace")) + output.dropped_bytes
            return
        data = printable(output.text, OUTPUT_BYTES).encode()
        text, dropped = data[: self._left].decode("utf-8", "ignore"), output.dropped_bytes
        dropped += max(len(output.text.encode("utf-8", "replace")) - self._left, 0)
        # A message without a letter costs one too: there may be a million of them.
        self._left -= min(max(len(data), 1), self._left)
        if text or dropped:
            self._pass_on(Output(id=output.id, text=text, dropped_bytes=dropped))
