"""What is asked of a strategy database, in forms that can do it no harm. Pure.

Who asks is part of every question: the databases compare it with the row's owner themselves, so that nothing of
anybody else is ever read. What cannot be an id of that database is not asked for at all.
"""

import re
from typing import Final, NamedTuple, Protocol
from uuid import UUID

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,9}")
_LARGEST_INT4: Final = 2**31 - 1
_LONGEST_TEXT: Final = 255


class Owner(Protocol):
    """Who asks: the ids of one person in the platform's two worlds."""

    @property
    def user_id(self) -> str | None: ...

    @property
    def subject(self) -> str | None: ...


class Wanted(NamedTuple):
    """A strategy, for the person who says that it is theirs."""

    strategy_id: str
    user_id: str | None = None
    subject: str | None = None


def wanted_by(owner: Owner | None, strategy_id: str) -> Wanted:
    """That strategy for that person; nobody's for nobody."""
    return Wanted(strategy_id, owner.user_id, owner.subject) if owner is not None else Wanted(strategy_id)


def as_uuid(text: str | None) -> UUID | None:
    """The uuid in its one usual spelling, else None."""
    return UUID(text) if text is not None and _UUID.fullmatch(text) else None


def as_number(text: str | None) -> int | None:
    """The number of a row or of a user, None when it is not one that a column of four bytes holds."""
    if text is None or not _NUMBER.fullmatch(text):
        return None
    number = int(text)
    return number if number <= _LARGEST_INT4 else None


def as_text(text: str | None) -> str | None:
    """A text that can be compared with a column, else None."""
    return text if text and len(text) <= _LONGEST_TEXT and text.isprintable() else None
