"""What an indicator remembers between two bars, as plain JSON values and back.

A part names its attributes in `memory`; parts nest. An undefined number is NaN inside and null outside.
"""

import math
from collections import deque
from typing import Any, ClassVar


class Remembers:
    memory: ClassVar[tuple[str, ...]] = ()

    def snapshot(self) -> list[Any]:
        return [_plain(getattr(self, name)) for name in self.memory]

    def restore(self, state: list[Any]) -> None:
        if len(state) != len(self.memory):
            raise ValueError(
                f"{type(self).__name__} remembers {len(self.memory)} values, the snapshot has {len(state)}"
            )
        for name, stored in zip(self.memory, state, strict=True):
            setattr(self, name, _revived(getattr(self, name), stored))


def _plain(value: Any) -> Any:
    if isinstance(value, Remembers):
        return value.snapshot()
    if isinstance(value, deque | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def _revived(current: Any, stored: Any) -> Any:
    """The stored value in the form of the one it replaces."""
    if isinstance(current, Remembers):
        current.restore(stored)
        return current
    if isinstance(current, deque):
        return deque((math.nan if item is None else item for item in stored), maxlen=current.maxlen)
    if isinstance(current, tuple):
        return tuple(_revived(part, state) for part, state in zip(current, stored, strict=True))
    if isinstance(current, float):
        return math.nan if stored is None else float(stored)
    return stored
