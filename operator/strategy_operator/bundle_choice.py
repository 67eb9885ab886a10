"""Which bundle a strategy should run: the source's, the one it has, the one before, or a pinned one. Pure.

Two generations are kept, so that a bundle that cannot be loaded has something to return to. `loadedAt` marks a bundle
that a runner has loaded; only such a one is worth returning to. A rejected bundle is not tried again.
"""

from dataclasses import dataclass

from strategy_contracts.bundle import Bundle
from strategy_contracts.resource import BundleStatus, StrategySpec, UpdatePolicy
from strategy_operator.resolution import Forbidden, NotAdmitted, NotResolved, Resolution, Resolved


@dataclass(frozen=True)
class Update:
    """The condition UpdateAvailable: is there another bundle than the one that runs, and why does it not run?"""

    available: bool | None
    """None: nobody can tell at the moment."""
    reason: str
    message: str = ""


@dataclass(frozen=True)
class Choice:
    """What should run."""

    bundle: BundleStatus | None
    content: Bundle | None
    """The files, where the source gave them: to be stored before a pod needs them."""
    update: Update
    dropped: tuple[str, ...] = ()
    """Digests whose Secrets nobody needs any more."""
    problem: NotResolved | None = None
    """Why nothing can run although the source is there."""


_UP_TO_DATE = Update(available=False, reason="UpToDate")


def choose_bundle(
    spec: StrategySpec, current: BundleStatus | None, resolution: Resolution, load_failure: str | None
) -> Choice:
    """`load_failure`: what the runner said when it could not load the current bundle, never loaded before."""
    pin = spec.source.pin_digest
    if current is not None and load_failure is not None and current.previous_digest and pin != current.digest:
        return _back(current, load_failure)
    if pin is not None:
        return _pinned(pin, current, resolution)
    match resolution:
        case Resolved():
            return _resolved(spec, current, resolution)
        case NotAdmitted() if current is not None:
            return Choice(current, None, Update(available=True, reason="UpdateRefused", message=resolution.message))
        case NotResolved() | Forbidden() if current is not None:
            return Choice(current, None, Update(available=None, reason=resolution.reason, message=resolution.message))
        case _:
            return Choice(None, None, _UP_TO_DATE)


def _resolved(spec: StrategySpec, current: BundleStatus | None, found: Resolved) -> Choice:
    if current is None or found.digest == current.digest:
        return _taken(current, found)
    if found.digest == current.rejected_digest:
        message = f"{found.digest} could not be loaded; {current.digest} runs until the code changes"
        return Choice(current, None, Update(available=True, reason="UpdateFailed", message=message))
    if spec.update_policy is UpdatePolicy.MANUAL:
        message = f"set spec.source.pinDigest to {found.digest} to run it; until then {current.digest} runs"
        return Choice(current, None, Update(available=True, reason="ManualUpdate", message=message))
    return _taken(current, found)


def _pinned(pin: str, current: BundleStatus | None, resolution: Resolution) -> Choice:
    found = resolution if isinstance(resolution, Resolved) else None
    if found is not None and found.digest == pin:
        return _taken(current, found)
    other = Update(available=found is not None or None, reason="Pinned", message=f"spec.source.pinDigest keeps {pin}")
    if current is not None and pin == current.digest:
        return Choice(current, None, other)
    if current is not None and pin == current.previous_digest:
        back = BundleStatus(digest=pin, previous_digest=current.digest if current.loaded_at else None)
        return Choice(back, None, other, _dropped(current, back))
    missing = f"spec.source.pinDigest: {pin} is neither the source's bundle nor one of the two that are kept"
    return Choice(
        current,
        None,
        Update(available=None, reason="PinNotFound", message=missing),
        problem=None if current is not None else NotResolved("PinNotFound", missing),
    )


def _taken(current: BundleStatus | None, found: Resolved) -> Choice:
    if current is None:
        return Choice(BundleStatus(digest=found.digest, entry_point=found.entry_point), found.bundle, _UP_TO_DATE)
    if found.digest == current.digest:
        entry_point = found.entry_point or current.entry_point
        bundle = current.model_copy(update={"entry_point": entry_point, "rejected_digest": None})
        return Choice(bundle, found.bundle, _UP_TO_DATE)
    previous = current.digest if current.loaded_at is not None else current.previous_digest
    bundle = BundleStatus(digest=found.digest, previous_digest=previous, entry_point=found.entry_point)
    return Choice(bundle, found.bundle, _UP_TO_DATE, _dropped(current, bundle))


def _back(current: BundleStatus, load_failure: str) -> Choice:
    assert current.previous_digest is not None
    bundle = BundleStatus(digest=current.previous_digest, rejected_digest=current.digest)
    message = f"{current.digest} could not be loaded: {load_failure}"
    update = Update(available=True, reason="UpdateFailed", message=message)
    return Choice(bundle, None, update, _dropped(current, bundle))


def _dropped(before: BundleStatus, after: BundleStatus) -> tuple[str, ...]:
    kept = {after.digest, after.previous_digest}
    return tuple(digest for digest in (before.digest, before.previous_digest) if digest and digest not in kept)
