"""Who is asking: a JWT of the platform's auth service, or nobody in particular when authentication is off.

Owner isolation starts here: everything the API reads or writes goes by `Identity.owner`.
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Any, Final, Protocol

import jwt
from starlette.requests import HTTPConnection

from strategy_api.errors import Unauthenticated

ALGORITHM: Final = "HS512"
"""Pinned: a token never chooses how it is checked."""
MIN_SECRET_BYTES: Final = 32
_CLOCK_SKEW_S: Final = 10


@dataclass(frozen=True, slots=True)
class Identity:
    """The tenant, in both forms the platform uses."""

    user_id: str | None
    subject: str
    expires_at: float | None = None
    """Seconds since the epoch; None never expires."""
    sees_everything: bool = False

    @property
    def tenant(self) -> str:
        """The owner of what this identity makes, as `Signal.owner` is written."""
        return self.user_id or self.subject

    @property
    def owner(self) -> str | None:
        """Whose signals and runs this identity may see; None sees all."""
        return None if self.sees_everything else self.tenant

    def owns(self, user_id: str | None, subject: str | None) -> bool:
        """Whether a resource of this owner belongs to the identity; nobody owns what has no owner."""
        return self.sees_everything or self.tenant == (user_id or subject)


class Authenticator(Protocol):
    """Turns a token into an identity, or raises Unauthenticated with a sentence that says what to do."""

    @property
    def needs_token(self) -> bool:
        """False where everybody is let in."""
        ...

    def identify(self, token: str | None) -> Identity: ...


class OpenToEverybody:
    """For development: no token is asked for and everybody sees everything."""

    needs_token = False

    def identify(self, token: str | None) -> Identity:
        return Identity(user_id=None, subject="development", sees_everything=True)


class TokenAuthenticator:
    """Checks tokens of the auth service: HS512 with a shared secret, `sub` and `exp` required."""

    needs_token = True

    def __init__(self, secret: bytes) -> None:
        if len(secret) < MIN_SECRET_BYTES:
            raise ValueError(f"the secret has {len(secret)} bytes; at least {MIN_SECRET_BYTES} are needed, 64 wanted")
        self._secret = secret

    def identify(self, token: str | None) -> Identity:
        if not token:
            raise Unauthenticated("Send the token of the auth service as 'Authorization: Bearer …'")
        claims = self._claims(token)
        subject, user_id = claims["sub"], claims.get("user_id")
        if not isinstance(subject, str) or not subject or isinstance(user_id, bool):
            raise Unauthenticated("The token names nobody: its claim sub is missing")
        if not isinstance(user_id, int | str | None):
            raise Unauthenticated("The token's claim user_id is neither a number nor a text")
        if user_id in (None, "") and subject.isdigit():
            # Owners are written as user id, else subject: a user called "42" must not become user 42.
            raise Unauthenticated("The token has no user_id, and its sub could be mistaken for one")
        return Identity(str(user_id) if user_id not in (None, "") else None, subject, float(claims["exp"]))

    def _claims(self, token: str) -> dict[str, Any]:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                options={"require": ["exp", "sub"], "verify_aud": False},
                leeway=_CLOCK_SKEW_S,
            )
        except jwt.ExpiredSignatureError:
            raise Unauthenticated("The token has expired") from None
        except jwt.InvalidTokenError:
            raise Unauthenticated("The token is not valid here") from None
        return claims


def decode_secret(text: str) -> bytes:
    """The platform keeps the secret in base64; ValueError when it is not."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("it is not base64") from None


def token_of(connection: HTTPConnection) -> str | None:
    """The bearer token of a request, or of a WebSocket whose browser could only send a subprotocol."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    offered = connection.scope.get("subprotocols", [])
    if len(offered) == 2 and offered[0].lower() == "bearer":
        return str(offered[1])
    return None
