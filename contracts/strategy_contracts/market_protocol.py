"""What runners and the market gateway say to each other.

Runner to gateway, HTTP/JSON: `PUT /v1/subscriptions/{execution_id}` with SubscriptionRequest, answered by
SubscriptionAnswer and renewed every RENEW_SECONDS; `GET /v1/bars?provider&symbol&timeframe&from&to`.
Gateway to runners, Redis: each BarMessage is added to the channel's capped stream and published on its
pub/sub channel. Sequences are dense per channel and epoch: a hole means "read the stream". Every name in Redis is
preceded by the installation's prefix (setting MARKET_REDIS_PREFIX on both sides), so that installations can share one.
"""

from typing import Annotated, Final

import msgspec

from strategy_contracts.bar import Bar
from strategy_contracts.errors import ContractViolation
from strategy_contracts.timeframe import Timeframe

RENEW_SECONDS: Final = 20
TTL_SECONDS: Final = 60
STREAM_LENGTH: Final = 500
"""Messages kept per channel for gap repair."""
MAX_BARS_PER_REQUEST: Final = 5000
BAR_FIELD: Final = "m"
"""The one field of a stream entry; its value is an encoded BarMessage."""


Epoch = Annotated[str, msgspec.Meta(pattern="^[0-9]{1,18}$")]
"""Names a numbering: the gateway's wall clock in ms when it began, so that a newer one is the higher number.

Entries of a channel's stream are named `<epoch>-<seq>`.
"""


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """One series of bars, in the spelling the run uses; the gateway maps it to the provider's."""

    provider: str
    symbol: str
    timeframe: Timeframe

    @property
    def name(self) -> str:
        return f"{self.provider}:{self.symbol}:{self.timeframe}"

    @property
    def redis_channel(self) -> str:
        """Pub/sub channel of live messages."""
        return f"market:{self.name}"

    @property
    def redis_stream(self) -> str:
        """Capped stream of the newest messages."""
        return f"market-stream:{self.name}"


class BarMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One update of a channel; times in ms since the epoch."""

    epoch: Epoch
    """Rises when the gateway starts a channel's numbering anew: a change is a gap."""
    seq: int
    bar: Bar
    event_time_ms: int
    """The provider's own time of the update: it drives the market clock."""
    receive_time_ms: int
    """The gateway's wall clock, for latency figures only."""
    sent_ns: int = 0
    """CLOCK_MONOTONIC of the gateway at receipt; comparable only on the same machine (benchmarks)."""


class SubscriptionRequest(msgspec.Struct, frozen=True, kw_only=True):
    channels: tuple[Channel, ...]
    lookback: int
    """Bars wanted in the snapshots; 0 renews and asks only where the channels stand."""


class ChannelSnapshot(msgspec.Struct, frozen=True, kw_only=True, tag="snapshot"):
    """`bars` are the newest `lookback` closed bars in order; live messages after `seq` continue them."""

    channel: Channel
    epoch: Epoch
    seq: int
    bars: list[Bar]
    server_time_ms: int
    """Exchange time up to which every closed bar of the channel is known to the gateway."""


class ChannelRefusal(msgspec.Struct, frozen=True, kw_only=True, tag="refusal"):
    """The channel cannot be served. `permanent`: asking again does not help."""

    channel: Channel
    reason: str
    message: str
    nearest: tuple[str, ...] = ()
    permanent: bool = True


class SubscriptionAnswer(msgspec.Struct, frozen=True, kw_only=True):
    channels: list[ChannelSnapshot | ChannelRefusal]


class BarsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Closed bars with `from` <= open time < `to`, in order; the two lie at most MAX_BARS_PER_REQUEST periods apart."""

    channel: Channel
    bars: list[Bar]
    server_time_ms: int


_MESSAGE_DECODER: Final = msgspec.json.Decoder(BarMessage)


def encode_bar_message(message: BarMessage) -> bytes:
    return msgspec.json.encode(message)


def decode_bar_message(value: bytes) -> BarMessage:
    """The message in a pub/sub or stream entry; ContractViolation says what is wrong with it."""
    try:
        return _MESSAGE_DECODER.decode(value)
    except msgspec.MsgspecError as error:
        raise ContractViolation(f"bar message: {error}") from error
