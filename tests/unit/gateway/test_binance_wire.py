"""Binance's JSON as it comes over the wire."""

import msgspec
import pytest

from market_gateway.providers.binance_wire import (
    ExchangeInfo,
    control,
    decode_error,
    decode_frame,
    decode_rows,
    stream_name,
)
from strategy_contracts.bar import Bar

ROW = (
    b'[[1677628800000,"23140.48000000","23150.77000000","23128.52000000","23142.31000000","2.13177700",'
    b'1677628859999,"49331.12000000",213,"1.06588850","24665.56000000","0"]]'
)
EVENT = (
    b'{"stream":"btcusdt@kline_1m","data":{"e":"kline","E":1677628860001,"s":"BTCUSDT","k":{"t":1677628800000,'
    b'"T":1677628859999,"s":"BTCUSDT","i":"1m","f":1,"L":9,"o":"23140.48000000","c":"23142.31000000",'
    b'"h":"23150.77000000","l":"23128.52000000","v":"2.13177700","n":213,"x":true,"q":"1","V":"1","Q":"1","B":"0"}}}'
)
BAR = Bar(1_677_628_800_000, 23140.48, 23150.77, 23128.52, 23142.31, 2.131777)


def test_a_row_of_twelve_fields_is_a_bar() -> None:
    (row,) = decode_rows(ROW)
    assert (row.bar(), row.close_time) == (BAR, 1_677_628_859_999)


def test_a_kline_event_is_the_same_bar() -> None:
    frame = decode_frame(EVENT)
    assert frame.stream == "btcusdt@kline_1m"
    assert frame.data is not None
    assert frame.data.kline is not None
    assert (frame.data.kind, frame.data.time_ms, frame.data.kline.bar()) == ("kline", 1_677_628_860_001, BAR)


def test_the_server_says_goodbye() -> None:
    frame = decode_frame(b'{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1}}')
    assert frame.data is not None
    assert (frame.data.kind, frame.data.kline) == ("serverShutdown", None)


@pytest.mark.parametrize(
    ("text", "identity", "code"),
    [
        pytest.param(b'{"result":null,"id":3}', 3, None, id="done"),
        pytest.param(b'{"code":2,"msg":"Invalid request: x"}', None, 2, id="refused"),
        pytest.param(b'{"code":3,"msg":"Invalid JSON: x","id":null}', None, 3, id="refused with a null id"),
    ],
)
def test_answers_to_requests(text: bytes, identity: int | None, code: int | None) -> None:
    frame = decode_frame(text)
    assert (frame.id, frame.code, frame.data) == (identity, code, None)


def test_a_price_that_is_no_string_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        decode_rows(ROW.replace(b'"23140.48000000"', b"23140.48"))


@pytest.mark.parametrize(
    ("body", "code"),
    [(b'{"code":-1121,"msg":"Invalid symbol."}', -1121), (b"<html>bad gateway</html>", 0), (b"", 0)],
)
def test_error_bodies(body: bytes, code: int) -> None:
    assert decode_error(body).code == code


def test_the_weight_limit_is_found_among_the_limits() -> None:
    text = (
        b'{"timezone":"UTC","serverTime":1,"rateLimits":[{"rateLimitType":"RAW_REQUESTS","interval":"MINUTE",'
        b'"intervalNum":5,"limit":61000},{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,'
        b'"limit":6000}],"symbols":[{"symbol":"BTCUSDT","status":"TRADING","baseAsset":"BTC"}]}'
    )
    info = msgspec.json.decode(text, type=ExchangeInfo)
    assert (info.weight_per_minute(), info.symbols[0].symbol) == (6000, "BTCUSDT")


def test_requests_on_the_stream() -> None:
    assert control("SUBSCRIBE", [stream_name("BTCUSDT", "1M")], 7) == (
        '{"method":"SUBSCRIBE","params":["btcusdt@kline_1M"],"id":7}'
    )
