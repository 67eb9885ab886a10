"""Cursors: where a client is, as a token that it gives back and need not understand.

Of the stream: for each partition of the log, the offset of the first record not yet seen. It does not depend on the
replica that made it: replicas interleave partitions differently, and a vector says exactly what a client has whatever
the order was. Of a list: the order, and the last entry of the page before.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Annotated, Final, TypeVar

import msgspec

from strategy_contracts.signal import StrategySource
from strategy_sources.listing import LONGEST_KEY, Order, Position, SortField

Vector = Mapping[int, int]
"""Partition to next offset."""

_MAX_TOKEN: Final = 8192
_VERSION: Final = 1
_FOREIGN: Final = "this is not a cursor of this API"
_Offset = Annotated[int, msgspec.Meta(ge=0)]


class _StreamToken(msgspec.Struct, frozen=True, array_like=True):
    version: int
    offsets: dict[_Offset, _Offset]


class _ListToken(msgspec.Struct, frozen=True, array_like=True):
    version: int
    by: SortField
    descending: bool
    key: Annotated[str, msgspec.Meta(max_length=LONGEST_KEY)]
    source: StrategySource
    strategy_id: str


_Token = TypeVar("_Token", _StreamToken, _ListToken)
_STREAM: Final = msgspec.msgpack.Decoder(_StreamToken)
_LIST: Final = msgspec.msgpack.Decoder(_ListToken)


class InvalidCursor(ValueError):
    """A token that this API did not make."""


def encode_cursor(vector: Vector) -> str:
    """The token for a vector."""
    return _encode(_StreamToken(_VERSION, dict(vector)))


def decode_cursor(token: str) -> dict[int, int]:
    """The vector in a token; InvalidCursor when it is not one of ours."""
    return _decode(token, _STREAM).offsets


def encode_list_cursor(order: Order, position: Position) -> str:
    """The token for what comes behind a position in a list."""
    place = position.key, position.source, position.strategy_id
    return _encode(_ListToken(_VERSION, order.by, order.descending, *place))


def decode_list_cursor(token: str) -> tuple[Order, Position]:
    """The order and the position in a token; InvalidCursor when it is not one of a list."""
    found = _decode(token, _LIST)
    if "\x00" in found.key + found.strategy_id:
        raise InvalidCursor(_FOREIGN)
    return Order(found.by, found.descending), Position(found.key, found.source, found.strategy_id)


def _encode(token: _StreamToken | _ListToken) -> str:
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(token)).rstrip(b"=").decode()


def _decode(token: str, decoder: msgspec.msgpack.Decoder[_Token]) -> _Token:
    if len(token) > _MAX_TOKEN:
        raise InvalidCursor("the cursor is too long")
    try:
        packed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        decoded = decoder.decode(packed)
    except (binascii.Error, msgspec.MsgspecError, UnicodeError, ValueError) as error:
        raise InvalidCursor(_FOREIGN) from error
    if decoded.version != _VERSION:
        raise InvalidCursor("the cursor was made by another version of this API")
    return decoded


def reaches(vector: Vector, target: Vector) -> bool:
    """Whether somebody at `vector` has everything somebody at `target` has."""
    return all(vector.get(partition, 0) >= offset for partition, offset in target.items())


def merged(one: Vector, other: Vector) -> dict[int, int]:
    """Where somebody is who has everything of both."""
    return {p: max(one.get(p, 0), other.get(p, 0)) for p in one.keys() | other.keys()}
