"""What clients say on the stream, in the platform's words; anything else is answered with a sentence.

Pure: text in, value out.
"""

from dataclasses import dataclass
from typing import Any, Final

import msgspec

MAX_SYMBOLS: Final = 500
_MAX_SYMBOL_LENGTH: Final = 32


class BadMessage(ValueError):
    """The sentence goes back to the client; the connection stays open."""


@dataclass(frozen=True, slots=True)
class Authenticate:
    token: str


@dataclass(frozen=True, slots=True)
class Subscribe:
    symbols: tuple[str, ...]
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    symbols: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ping:
    pass


ClientMessage = Authenticate | Subscribe | Unsubscribe | Ping


def read_client_message(text: str | bytes) -> ClientMessage | None:
    """The message; None for a type this version does not know, which the platform ignores."""
    try:
        message = msgspec.json.decode(text)
    except msgspec.DecodeError:
        raise BadMessage("Invalid JSON format") from None
    if not isinstance(message, dict):
        raise BadMessage("a message is a JSON object with a type")
    match message.get("type"):
        case "auth":
            return Authenticate(_text(message, "token"))
        case "subscribe":
            after = _text(message, "after") if message.get("after") is not None else None
            return Subscribe(_symbols(message), after)
        case "unsubscribe":
            return Unsubscribe(_symbols(message))
        case "ping":
            return Ping()
        case _:
            return None


def _text(message: dict[str, Any], field: str) -> str:
    value = message.get(field)
    if not isinstance(value, str):
        raise BadMessage(f"{field} must be a text")
    return value


def _symbols(message: dict[str, Any]) -> tuple[str, ...]:
    symbols = message.get("symbols")
    if not isinstance(symbols, list) or not all(isinstance(symbol, str) for symbol in symbols):
        raise BadMessage('symbols must be a list of texts, for example ["BTCUSDT"] or ["*"]')
    if len(symbols) > MAX_SYMBOLS or any(len(symbol) > _MAX_SYMBOL_LENGTH for symbol in symbols):
        raise BadMessage(f"at most {MAX_SYMBOLS} symbols of at most {_MAX_SYMBOL_LENGTH} characters")
    return tuple(symbols)
