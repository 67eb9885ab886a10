import io
import json

from builders import T0, a_checkpoint, a_signal
from strategy_runner.signal_sinks.stdout_sink import StdoutSink


async def test_one_json_object_a_line() -> None:
    stream = io.StringIO()
    sink = StdoutSink(stream)
    assert await sink.open() is None
    await sink.commit([a_signal(1), a_signal(2)], a_checkpoint())
    await sink.close()
    found = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [signal["sequence"] for signal in found] == [1, 2]
    assert found[0]["action"] == "BUY"
    assert found[0]["evaluation_time"] == "2023-03-01T00:01:00Z"


async def test_a_table_has_one_header() -> None:
    stream = io.StringIO()
    sink = StdoutSink(stream, table=True)
    await sink.commit([a_signal(1, current_price=20000.5)], a_checkpoint())
    await sink.commit([a_signal(2)], a_checkpoint())
    header, first, second = stream.getvalue().splitlines()
    assert header.split() == ["time", "(UTC)", "symbol", "action", "price", "quantity", "conf", "risk"]
    assert first.split() == ["2023-03-01", "00:01:00", "BTCUSDT", "BUY", "20000.5", "0.1", "0.70", "0.00"]
    assert len({len(line) for line in (first, second)}) == 1


async def test_an_evaluation_without_signals_prints_nothing() -> None:
    stream = io.StringIO()
    sink = StdoutSink(stream, table=True)
    await sink.commit([], a_checkpoint(evaluation_time_ms=T0))
    assert stream.getvalue() == ""
    assert await sink.open() == a_checkpoint(evaluation_time_ms=T0)
