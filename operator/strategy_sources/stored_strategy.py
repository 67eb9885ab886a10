"""A strategy as its database holds it, and who may run it. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from strategy_contracts.signal import StrategySource
from strategy_sources.errors import SourceRefused


class Owner(Protocol):
    """Who asks: the ids of one person in the platform's two worlds."""

    @property
    def user_id(self) -> str | None: ...

    @property
    def subject(self) -> str | None: ...


@dataclass(frozen=True)
class Listed:
    """A strategy in somebody's list."""

    strategy_id: str
    source: StrategySource
    owner_id: str
    name: str
    has_code: bool


@dataclass(frozen=True)
class StoredStrategy:
    """One row, or one project. Its code is its author's: never log it."""

    strategy_id: str
    source: StrategySource
    owner_field: str
    """Which id of an owner the database knows: user_id or subject."""
    owner_id: str
    name: str = ""
    files: Mapping[str, str] = field(default_factory=dict, repr=False)
    parameters: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def owned_by(self, owner: Owner | None) -> bool:
        """Whether that is the person who stored it. Public rows may be read by others, but not run as theirs."""
        return owner is not None and getattr(owner, self.owner_field) == self.owner_id


class StrategyDatabase(Protocol):
    """One of the platform's databases. Everything may raise SourceUnavailable."""

    async def fingerprints(self, ids: Collection[str]) -> dict[str, str]:
        """For those that exist, a text that changes with the content; version and time columns do not."""

    async def load(self, ids: Collection[str]) -> dict[str, StoredStrategy]:
        """Those that exist."""

    async def owned(self, owner: Owner, limit: int) -> list[Listed]:
        """What the owner has, by name."""

    async def close(self) -> None: ...


def main_file_of(files: Mapping[str, str], strategy_id: str) -> str:
    """The file to start from: main.py, or the only Python file there is."""
    python = sorted(name for name in files if name.endswith(".py"))
    if "main.py" in files:
        return "main.py"
    if len(python) == 1:
        return python[0]
    found = ", ".join(python) or "no Python file"
    raise SourceRefused("MainFileNotFound", f"{strategy_id}: expected main.py or a single Python file, found {found}")


def plain_parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Values for the strategy: a template's `{"type": "int", "default": 10, …}` becomes its default."""
    return {name: _plain(value) for name, value in parameters.items()}


def _plain(value: Any) -> Any:
    specified = isinstance(value, dict) and "default" in value and "type" in value
    return value["default"] if specified else value
