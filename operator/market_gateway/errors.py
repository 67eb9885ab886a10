"""The gateway's errors, named by what the caller must do.

GatewayError
├── SeriesRefused         tell the runner why and what is near; asking again does not help if `permanent`
├── ProviderUnavailable   try again, not before `retry_after_s`
└── BusUnavailable        Redis does not take it at the moment: keep it and try again
"""


class GatewayError(Exception):
    """Base of everything the gateway raises itself."""


class SeriesRefused(GatewayError):
    """The provider has no such series; `reason` is a constant word, the message a sentence."""

    def __init__(self, reason: str, message: str, *, nearest: tuple[str, ...] = (), permanent: bool = True) -> None:
        super().__init__(message)
        self.reason, self.message, self.nearest, self.permanent = reason, message, nearest, permanent


class ProviderUnavailable(GatewayError):
    """The provider does not answer, or has told us to wait."""

    def __init__(self, message: str, *, retry_after_s: float = 1.0) -> None:
        super().__init__(message)
        self.message, self.retry_after_s = message, retry_after_s


class BusUnavailable(GatewayError):
    """Redis is away."""
