"""What a supervisor must remember to continue, and the claim by which it keeps older ones out.

Both live in the compacted topic `strategy_checkpoints`. A checkpoint is committed in the transaction of
its signals. Values are msgpack: a strategy's state may hold infinities, which JSON cannot carry.
"""

from typing import Any, Final

import msgspec

from strategy_contracts.signal import Action


class SymbolMemory(msgspec.Struct, frozen=True, kw_only=True):
    """What signal rules need to know of one symbol; times are evaluation times in ms."""

    last_bar_ms: int | None = None
    last_action: Action | None = None
    """The last published action, for `repeat: OnChange`."""
    last_published_ms: int | None = None
    """Of the last published non-HOLD, for `cooldown`."""


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """An open paper position; decimals as strings. Quantity is negative for a short."""

    quantity: str
    average_price: str


class PaperAccount(msgspec.Struct, frozen=True, kw_only=True):
    """The paper account that follows the published signals; decimals as strings."""

    cash: str = "100000"
    positions: dict[str, Position] = {}
    realized_pnl: str = "0"
    day_ms: int | None = None
    """The UTC day that `day_start_equity` belongs to."""
    day_start_equity: str = "100000"


class Fill(msgspec.Struct, frozen=True, kw_only=True):
    """What a published signal did to the paper account; decimals as strings."""

    order: int
    """Index of the decision among those of its evaluation, as the strategy returned them."""
    symbol: str
    quantity: str
    """Signed change of the position."""
    price: str


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """The state of an execution after one committed evaluation."""

    execution_id: str
    incarnation: int
    bundle_digest: str
    evaluation_time_ms: int | None = None
    sequence: int = 0
    """Of the last published signal; the next one is `sequence + 1`."""
    symbols: dict[str, SymbolMemory] = {}
    rate_minute_ms: int = 0
    rate_count: int = 0
    """Signals published in the minute of evaluation time that starts at `rate_minute_ms`."""
    account: PaperAccount = PaperAccount()
    fills: list[Fill] = []
    """Of the last evaluation that succeeded: a strategy that places orders is told of them at the next one."""
    strategy_state: dict[str, Any] | None = None
    """JSON-able attributes of a stateful strategy; dropped when the bundle digest changes."""


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """`incarnation` of `execution_id` is about to open the log: everything lower must stay out."""

    execution_id: str
    incarnation: int


MAX_STRATEGY_STATE_BYTES: Final = 64 * 1024
MAX_STRATEGY_STATE_DEPTH: Final = 100
_CHECKPOINT_DECODER: Final = msgspec.msgpack.Decoder(Checkpoint)
_CLAIM_DECODER: Final = msgspec.msgpack.Decoder(Claim)


def encode_checkpoint(checkpoint: Checkpoint) -> bytes:
    return msgspec.msgpack.encode(checkpoint)


def decode_checkpoint(value: bytes) -> Checkpoint:
    return _CHECKPOINT_DECODER.decode(value)


def encode_claim(claim: Claim) -> bytes:
    return msgspec.msgpack.encode(claim)


def decode_claim(value: bytes) -> Claim:
    return _CLAIM_DECODER.decode(value)
