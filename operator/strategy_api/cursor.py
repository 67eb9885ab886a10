"""The cursor of the stream: for each partition of the log, the offset of the first record not yet seen.

To clients it is an opaque token. It does not depend on the replica that made it: replicas interleave
partitions differently, and a vector says exactly what a client has whatever the order was.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Annotated, Final

import msgspec

Vector = Mapping[int, int]
"""Partition to next offset."""

_MAX_TOKEN: Final = 8192
_VERSION: Final = 1
_Offset = Annotated[int, msgspec.Meta(ge=0)]


class _Token(msgspec.Struct, frozen=True, array_like=True):
    version: int
    offsets: dict[_Offset, _Offset]


_DECODER: Final = msgspec.msgpack.Decoder(_Token)


class InvalidCursor(ValueError):
    """A token that this API did not make."""


def encode_cursor(vector: Vector) -> str:
    """The token for a vector."""
    packed = msgspec.msgpack.encode(_Token(_VERSION, dict(vector)))
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def decode_cursor(token: str) -> dict[int, int]:
    """The vector in a token; InvalidCursor when it is not one of ours."""
    if len(token) > _MAX_TOKEN:
        raise InvalidCursor("the cursor is too long")
    try:
        packed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        decoded = _DECODER.decode(packed)
    except (binascii.Error, msgspec.MsgspecError, UnicodeError, ValueError) as error:
        raise InvalidCursor("this is not a cursor of this API") from error
    if decoded.version != _VERSION:
        raise InvalidCursor("the cursor was made by another version of this API")
    return decoded.offsets


def reaches(vector: Vector, target: Vector) -> bool:
    """Whether somebody at `vector` has everything somebody at `target` has."""
    return all(vector.get(partition, 0) >= offset for partition, offset in target.items())


def merged(one: Vector, other: Vector) -> dict[int, int]:
    """Where somebody is who has everything of both."""
    return {p: max(one.get(p, 0), other.get(p, 0)) for p in one.keys() | other.keys()}
