"""A strategy as its database holds it, and who may run it. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from strategy_contracts.signal import StrategySource
from strategy_sources.errors import SourceRefused
from strategy_sources.wanted import Owner, Wanted


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
    """As stored: values, or templates of them."""
    drawing: Mapping[str, Any] | None = field(default=None, repr=False)
    """The graph of a workflow."""
    drawing_problem: str | None = None
    """Why a workflow that has code has no drawing."""
    requirements: str = field(default="", repr=False)
    """Lines as of a requirements.txt that the platform keeps beside the code."""
    compilation: str | None = None
    """Of a workflow: what the console says of its stored code."""
    refusal: SourceRefused | None = field(default=None, repr=False)
    """Why what is stored cannot be a strategy; then there are no files."""

    def owned_by(self, owner: Owner | None) -> bool:
        """Whether that is the person who stored it. Public rows may be read by others, but not run as theirs."""
        return owner is not None and bool(self.owner_id) and getattr(owner, self.owner_field) == self.owner_id


class StrategyDatabase(Protocol):
    """One of the platform's databases, asked for many at once. Everything may raise SourceUnavailable."""

    async def fingerprints(self, wanted: Collection[Wanted]) -> dict[Wanted, str]:
        """For those that exist, a text that changes with the content; version and time columns do not. One query."""

    async def load(self, wanted: Collection[Wanted]) -> dict[Wanted, StoredStrategy]:
        """Those that exist and belong to who asks."""

    async def close(self) -> None: ...
