"""JSON as a database column holds it, read without trust. Pure."""

from typing import Any

import msgspec


def read_json_object(text: str | None, what: str) -> dict[str, Any]:
    """The object; empty for no text, null and []. ValueError says what is wrong with it, without repeating it."""
    if text is None or not text.strip():
        return {}
    try:
        value = msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        kind = "is nested too deeply" if isinstance(error, RecursionError) else "is not usable JSON"
        raise ValueError(f"{what} {kind}") from None
    if value is None or value == []:
        return {}
    if not isinstance(value, dict):
        raise ValueError(f"{what} is not a JSON object")
    return value
