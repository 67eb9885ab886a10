"""Which bundle runs, for what the source gives and what has been run before."""

from datetime import UTC, datetime
from typing import Any

import pytest

from strategy_contracts.resource import BundleStatus, StrategySpec
from strategy_operator.bundle_choice import Choice, choose_bundle
from strategy_operator.resolution import Forbidden, NotAdmitted, NotResolved, Resolution, Resolved

A, B, C, D = (f"sha256:{letter * 64}" for letter in "abcd")
LOADED = datetime(2026, 3, 1, tzinfo=UTC)
AWAY = NotResolved("SourceUnavailable", "connection refused", temporary=True)


def choose(
    resolution: Resolution,
    *,
    digest: str | None = None,
    previous: str | None = None,
    rejected: str | None = None,
    loaded: bool = True,
    pin: str | None = None,
    manual: bool = False,
    load_failure: str | None = None,
) -> Choice:
    source: dict[str, Any] = {"inline": {"files": {"main.py": "x"}}} | ({"pinDigest": pin} if pin else {})
    spec = StrategySpec.model_validate({"source": source, "updatePolicy": "Manual" if manual else "OnChange"})
    current = None
    if digest is not None:
        current = BundleStatus(
            digest=digest,
            previous_digest=previous,
            rejected_digest=rejected,
            loaded_at=LOADED if loaded else None,
        )
    return choose_bundle(spec, current, resolution, load_failure)


def told(choice: Choice) -> tuple[Any, ...]:
    bundle = choice.bundle
    runs = None if bundle is None else (bundle.digest, bundle.previous_digest)
    return runs, choice.update.reason, choice.dropped


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        pytest.param(choose(Resolved(A)), ((A, None), "UpToDate", ()), id="first start"),
        pytest.param(choose(Resolved(A), digest=A), ((A, None), "UpToDate", ()), id="nothing new"),
        pytest.param(choose(Resolved(B), digest=A), ((B, A), "UpToDate", ()), id="an update keeps what ran"),
        pytest.param(
            choose(Resolved(C), digest=B, previous=A), ((C, B), "UpToDate", (A,)), id="a third drops the first"
        ),
        pytest.param(
            choose(Resolved(C), digest=B, previous=A, loaded=False),
            ((C, A), "UpToDate", (B,)),
            id="what was never loaded is not worth keeping",
        ),
        pytest.param(
            choose(Resolved(A), digest=B, previous=A),
            ((A, B), "UpToDate", ()),
            id="back to the one before by the author",
        ),
        pytest.param(
            choose(Resolved(B), digest=A, manual=True), ((A, None), "ManualUpdate", ()), id="manual: an offer"
        ),
        pytest.param(choose(Resolved(A), manual=True), ((A, None), "UpToDate", ()), id="manual: the first is taken"),
        pytest.param(
            choose(Resolved(B), digest=A, rejected=B), ((A, None), "UpdateFailed", ()), id="rejected is not tried again"
        ),
        pytest.param(
            choose(Resolved(C), digest=A, rejected=B), ((C, A), "UpToDate", ()), id="what follows the rejected is"
        ),
        pytest.param(
            choose(Resolved(B), digest=B, previous=A, loaded=False, load_failure="NameError"),
            ((A, None), "UpdateFailed", (B,)),
            id="cannot be loaded: back",
        ),
        pytest.param(
            choose(Resolved(B), digest=B, loaded=False, load_failure="NameError"),
            ((B, None), "UpToDate", ()),
            id="cannot be loaded and nothing to go back to",
        ),
        pytest.param(
            choose(Resolved(B), digest=B, previous=A, loaded=False, load_failure="NameError", pin=B),
            ((B, A), "UpToDate", ()),
            id="cannot be loaded but pinned",
        ),
        pytest.param(choose(NotAdmitted(B, "no")), (None, "UpToDate", ()), id="refused at first"),
        pytest.param(
            choose(NotAdmitted(B, "no"), digest=A),
            ((A, None), "UpdateRefused", ()),
            id="refused later: the old one runs",
        ),
        pytest.param(choose(AWAY), (None, "UpToDate", ()), id="away at first"),
        pytest.param(
            choose(AWAY, digest=A, previous=B), ((A, B), "SourceUnavailable", ()), id="away later: the old one runs"
        ),
        pytest.param(
            choose(Forbidden("OwnerNotAllowed", "no"), digest=A), ((A, None), "OwnerNotAllowed", ()), id="forbidden"
        ),
        pytest.param(
            choose(Resolved(C), digest=B, previous=A, pin=A), ((A, B), "Pinned", ()), id="pinned to the one before"
        ),
        pytest.param(
            choose(AWAY, digest=B, previous=A, pin=A), ((A, B), "Pinned", ()), id="pinned while the source is away"
        ),
        pytest.param(
            choose(Resolved(C), digest=B, previous=A, pin=B), ((B, A), "Pinned", ()), id="pinned to what runs"
        ),
        pytest.param(
            choose(Resolved(C), digest=B, pin=C, manual=True), ((C, B), "UpToDate", ()), id="pinned to the offer"
        ),
        pytest.param(
            choose(Resolved(C), digest=B, previous=A, pin=D), ((B, A), "PinNotFound", ()), id="pinned to what is gone"
        ),
        pytest.param(choose(Resolved(C), pin=D), (None, "PinNotFound", ()), id="pinned to what never was"),
    ],
)
def test_what_runs(choice: Choice, expected: tuple[Any, ...]) -> None:
    assert told(choice) == expected


def test_nothing_to_run_has_a_reason() -> None:
    choice = choose(Resolved(C), pin=D)
    assert choice.problem is not None
    assert D in choice.problem.message


def test_an_offer_names_what_runs_and_what_could() -> None:
    message = choose(Resolved(B), digest=A, manual=True).update.message
    assert A in message and f"set spec.source.pinDigest to {B}" in message


def test_a_rejected_bundle_gets_another_chance_after_the_author_went_back() -> None:
    choice = choose(Resolved(A), digest=A, rejected=B)
    assert choice.bundle is not None
    assert choice.bundle.rejected_digest is None
