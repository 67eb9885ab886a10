"""What became of a strategy's source: the answers that the plan distinguishes."""

from dataclasses import dataclass

from strategy_contracts.bundle import Bundle, Subscription


@dataclass(frozen=True)
class Resolved:
    """The source holds this bundle, and its code may run. No bundle: it is the one that runs already."""

    digest: str
    entry_point: str | None = None
    bundle: Bundle | None = None
    note: str = ""
    """What people should know although it is no error, for example that a drawing is not what runs."""
    subscriptions: tuple[Subscription, ...] = ()
    """The bars that a drawing needs."""


@dataclass(frozen=True)
class NotAdmitted:
    """The source was read; its code may not run. The message names file and line."""

    digest: str
    message: str


@dataclass(frozen=True)
class NotResolved:
    """The source could not be read. `temporary`: it may come back without anybody changing anything."""

    reason: str
    message: str
    temporary: bool = False


@dataclass(frozen=True)
class Forbidden:
    """The installation does not allow this resource here, whatever its code: nothing may run."""

    reason: str
    message: str


Resolution = Resolved | NotAdmitted | NotResolved | Forbidden
