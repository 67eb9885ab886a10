"""What metrics and readiness may hear of the log while it works."""


class LogObserver:
    """Does nothing itself; an override must return at once."""

    def waiting(self, offsets_behind: int) -> None:
        """A restore is held back by somebody else's open transaction; told when it changes, 0 when it is over."""

    def opened(self, seconds: float) -> None:
        """The log is ours and the checkpoint restored."""

    def committed(self, seconds: float) -> None:
        """An evaluation is on the log."""

    def lost(self, *, fenced: bool) -> None:
        """A transaction failed or its result is unknown; `fenced`: because somebody else has opened the log."""
