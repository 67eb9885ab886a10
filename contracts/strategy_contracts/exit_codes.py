"""Exit codes of the runner's processes, read by the operator from `containerStatuses`."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Why a process of a runner pod ended; values stay clear of the shell's 126+ and Python's 1 and 2."""

    OK = 0
    INVALID_CONFIG = 64
    """The pod's own settings cannot work (bad RunnerConfig, digest mismatch): a restart does not help."""
    SUPERSEDED = 65
    """A higher incarnation of this execution has claimed the log: this pod must stay out."""
    LOG_UNAVAILABLE = 66
    """Kafka stayed away beyond the process's own patience."""
    WARDEN_UNRESPONSIVE = 67
    """The strategy container did not answer for 30 s: the operator deletes the pod."""
    SHUTDOWN_TIMEOUT = 68
    """SIGTERM was received and the orderly stop did not finish within the grace period."""
