"""The way into every REST route: who is it, and is it not too much."""

from starlette.requests import Request

from strategy_api.auth import Authenticator, Identity, token_of
from strategy_api.rate_limit import RateLimit


class Gate:
    """Admits a request, or raises Unauthenticated or TooManyRequests."""

    def __init__(self, authenticator: Authenticator, rate_limit: RateLimit) -> None:
        self._authenticator, self._rate_limit = authenticator, rate_limit

    def admit(self, request: Request) -> Identity:
        """The identity behind the request."""
        identity = self._authenticator.identify(token_of(request))
        self._rate_limit.take(identity.tenant)
        return identity
