"""The bundle: the resolved, immutable files of a strategy plus its parameters, named by digest.

The digest covers what changes the strategy's meaning and nothing else. The entry point is derived from
the files, so it stands beside the digest: a better analyser must not restart strategies that run.
"""

import hashlib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec

from strategy_contracts.errors import ContractViolation
from strategy_contracts.signal import StrategySource

MAX_BUNDLE_BYTES: Final = 900 * 1024
"""A Secret holds 1 MiB with its overhead."""


class Shape(StrEnum):
    """How a strategy wants to be called; the letters are the platform's table of entry points."""

    FUNCTION = "N1"
    """`generate_signals(data, parameters)` or `generate_signal(data, parameters)`."""
    CLASS = "N2"
    """A class with method `generate_signals` or `generate_signal` of (data, parameters) or (data)."""
    FUNCTION_DATA = "N3"
    """`generate_signal(data)` or `generate_signals(data)`: one argument."""
    WORKFLOW = "workflow"
    """A drawing, interpreted as it is drawn."""


class EntryPoint(msgspec.Struct, frozen=True, kw_only=True):
    """What the worker calls: found by static analysis, used by an adapter."""

    shape: Shape
    file: str
    name: str
    """A function, or the class."""
    method: str | None = None
    arity: int = 2
    """Positional arguments the callable takes, without `self`: (data) or (data, parameters)."""

    def describe(self) -> str:
        """As an author would write it, e.g. `generate_signals(data, parameters)`."""
        if self.shape is Shape.WORKFLOW:
            return f"the drawing in {self.file}"
        arguments = "data, parameters" if self.arity == 2 else "data"
        target = f"{self.name}.{self.method}" if self.method else self.name
        return f"{target}({arguments})"


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """One market data need of a workflow's data source node."""

    source_node: str
    provider: str
    symbol: str
    timeframe: str
    lookback: int
    primary: bool = False


class Bundle(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the worker needs to be the strategy."""

    strategy_id: str
    source: StrategySource
    files: dict[str, str]
    main_file: str
    entry_point: EntryPoint
    parameters: dict[str, Any] = {}
    subscriptions: list[Subscription] = []

    @property
    def digest(self) -> str:
        """`sha256:` and the hex digest of the canonical form."""
        return bundle_digest(self.files, self.main_file, self.parameters, self.subscriptions)


def bundle_digest(
    files: Mapping[str, str],
    main_file: str,
    parameters: Mapping[str, Any],
    subscriptions: Sequence[Subscription] = (),
) -> str:
    """The digest that a bundle of these parts has, known before its code has been analysed."""
    canonical = {
        "version": 1,
        "files": files,
        "main_file": main_file,
        "parameters": parameters,
        "subscriptions": [msgspec.to_builtins(item) for item in subscriptions],
    }
    return "sha256:" + hashlib.sha256(msgspec.json.encode(canonical, order="deterministic")).hexdigest()


def encode_bundle(bundle: Bundle) -> bytes:
    """The JSON that the bundle Secret holds; ContractViolation when a Secret cannot hold it."""
    value = msgspec.json.encode(bundle, order="deterministic")
    if len(value) > MAX_BUNDLE_BYTES:
        raise ContractViolation(f"the strategy's files take {len(value)} bytes; the limit is {MAX_BUNDLE_BYTES}")
    return value


def decode_bundle(value: bytes, expected_digest: str) -> Bundle:
    """The bundle in a Secret, after checking that it is the one that was admitted."""
    bundle = msgspec.json.decode(value, type=Bundle)
    if bundle.digest != expected_digest:
        raise ContractViolation(f"the bundle's digest is {bundle.digest}, expected {expected_digest}")
    return bundle


def short_digest(digest: str) -> str:
    """The 16 hex digits used in names of objects."""
    return digest.removeprefix("sha256:")[:16]
