"""What the installation allows in each namespace: whose strategies, and whether they may be marked live. Pure.

A user of kubectl can write any `spec.owner`; it counts only where the installation lists that owner for the namespace.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from strategy_contracts.resource import StrategySpec
from strategy_contracts.signal import ExecutionMode
from strategy_operator.resolution import Forbidden

ANYBODY: Final = "*"


class NamespacePolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One strategy namespace."""

    name: str
    owners: tuple[str, ...] = ()
    """Ids that may stand in spec.owner; `*` for any (a namespace that only the API writes to)."""
    live: bool = False


def read_policies(text: str) -> dict[str, NamespacePolicy]:
    """The policies by namespace. ValueError says what is wrong with the text."""
    policies = msgspec.json.decode(text, type=list[NamespacePolicy])
    if not policies:
        raise ValueError("no strategy namespace is given")
    return {policy.name: policy for policy in policies}


def forbidden(namespace: str, spec: StrategySpec, policies: Mapping[str, NamespacePolicy]) -> Forbidden | None:
    """Why the resource may not run in that namespace, whatever its code."""
    policy = policies[namespace]
    claimed = [] if spec.owner is None else [part for part in (spec.owner.user_id, spec.owner.subject) if part]
    if ANYBODY not in policy.owners:
        for part in claimed:
            if part not in policy.owners:
                message = f"spec.owner: {part} is not among the owners of namespace {namespace} in this installation"
                return Forbidden("OwnerNotAllowed", message)
    if not claimed and (spec.source.no_code is not None or spec.source.ai_ml is not None):
        message = "spec.owner: a strategy from a database runs for the owner who stored it; name the owner"
        return Forbidden("OwnerNotAllowed", message)
    if spec.execution_mode is ExecutionMode.LIVE and not policy.live:
        message = f"spec.executionMode: live is not allowed in namespace {namespace} in this installation; use paper"
        return Forbidden("LiveNotAllowed", message)
    return None
