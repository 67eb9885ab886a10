"""What can go wrong, named by what the reader must do."""

from collections.abc import Sequence


class ClusterError(Exception):
    """Shown as one sentence, without a traceback."""


class MachineUnfit(ClusterError):
    """Something about this machine must be changed by its owner first."""


class CommandFailed(ClusterError):
    """A program we ran said no; its last words are in the message."""

    def __init__(self, argv: Sequence[str], code: int, output: str) -> None:
        tail = "\n".join(output.strip().splitlines()[-20:])
        super().__init__(f"`{' '.join(argv[:6])}` ended with {code}:\n{tail}")
        self.code = code


class NotReady(ClusterError):
    """A component was started and did not come up; look into the log that is named."""
