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

    PIPELINE = "A"
    """Functions `compute_indicators(df)` to `generate_trading_decisions(df)`, each adding columns."""
    EXECUTE = "D"
    """A class with `execute(df)`: a frame with column `signal` (D, O3), or a dict of signals (J)."""
    CONDITIONS = "F"
    """A class with `calculate_indicators(df)` and `evaluate_conditions(df)`; levels in percent."""
    ON_BAR = "G"
    """A subclass of the BaseStrategy of `app.sdk` with `on_bar()`."""
    ON_BAR_CONTEXT = "H"
    """A subclass of the BaseStrategy of `alphintra` with `on_bar(context)`."""
    ON_DATA = "I"
    """A class with `on_data(df)`: a decision without a symbol (I), or a dict of signals and actions (O1)."""
    EXECUTE_STRATEGY = "K"
    """A class with `execute_strategy(df)` or `execute_strategy(df, portfolio)`: a list of orders (K, O2)."""
    SCRIPT = "L"
    """Top-level code that appends to the `trades` it is given."""
    MARKET_DATA = "M"
    """A class with `async generate_signal(market_data)`, a list of bar objects."""
    FUNCTION = "N1"
    """`generate_signals(data, parameters)` or `generate_signal(data, parameters)`."""
    CLASS = "N2"
    """A class with method `generate_signals` or `generate_signal` of (data, parameters) or (data)."""
    FUNCTION_DATA = "N3"
    """`generate_signal(data)` or `generate_signals(data)`: one argument."""
    FRAME_MODEL = "O4"
    """A class made for a broker (api_key, …) with `generate_signals(df)`: a frame with column `signal`."""
    WORKFLOW = "workflow"
    """A drawing, interpreted as it is drawn."""

    @property
    def places_orders(self) -> bool:
        """Whether a decision is an event and not what holds to be right at a bar: two purchases in a row are two."""
        return self in (Shape.ON_BAR, Shape.ON_BAR_CONTEXT, Shape.SCRIPT)

    @property
    def answers_every_bar(self) -> bool:
        """Whether an answer has a row, or a time, for every bar of its window, so that a later bar can get into it."""
        return self in (Shape.PIPELINE, Shape.EXECUTE, Shape.FRAME_MODEL, Shape.SCRIPT)


_ARGUMENTS: Final[dict[Shape, tuple[str, ...]]] = {
    Shape.PIPELINE: ("df",),
    Shape.EXECUTE: ("df",),
    Shape.CONDITIONS: ("df",),
    Shape.ON_BAR: (),
    Shape.ON_BAR_CONTEXT: ("context",),
    Shape.ON_DATA: ("df",),
    Shape.EXECUTE_STRATEGY: ("df", "portfolio"),
    Shape.MARKET_DATA: ("market_data",),
    Shape.FRAME_MODEL: ("df",),
}
"""What a shape is called with, by the names its authors use."""


class EntryPoint(msgspec.Struct, frozen=True, kw_only=True):
    """What the worker calls: found by static analysis, used by an adapter."""

    shape: Shape
    file: str
    name: str
    """A function, or the class."""
    method: str | None = None
    arity: int = 2
    """Positional arguments the callable takes, without `self`, as many as the shape has to give."""
    constructor: tuple[str, ...] = ()
    """Arguments the class wants to be made with, by name; the adapter knows what they mean."""

    def describe(self) -> str:
        """As an author would write it, e.g. `generate_signals(data, parameters)`."""
        if self.shape is Shape.WORKFLOW:
            return f"the drawing in {self.file}"
        if self.shape is Shape.SCRIPT:
            return f"{self.file} with data, trades"
        given = _ARGUMENTS.get(self.shape, ("data", "parameters"))
        target = f"{self.name}.{self.method}" if self.method else self.name
        return f"{target}({', '.join(given[: self.arity])})"


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
