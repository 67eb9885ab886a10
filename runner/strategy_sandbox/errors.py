"""What can go wrong in the strategy container, named by what the caller must do.

SandboxError
├── PeerRefused              not the supervisor: close its connection and listen on
├── WorkerNotBoxed           no worker exists: report it as exited
├── NotForkable              end the process: only a fresh warden can fork safely
└── StrategyBreaksContract   what the strategy defines or returns cannot be used: tell its author why
"""


class SandboxError(Exception):
    """Base of everything the warden and the worker raise themselves."""


class PeerRefused(SandboxError):
    """A connection from somebody who is not the supervisor, or a second one."""


class WorkerNotBoxed(SandboxError):
    """A layer of the box could not be installed, so no user code may run."""


class NotForkable(SandboxError):
    """The warden has threads: a child would inherit their locks."""


class StrategyBreaksContract(SandboxError):
    """The message is a sentence for the strategy's author."""
