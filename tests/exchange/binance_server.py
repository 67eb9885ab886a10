"""A server that speaks Binance's spot REST and WebSocket formats and replays recorded candles on its own clock.

    python tests/exchange/binance_server.py --data BTCUSDT=candles.csv --port 8099 --speed 300

Without --data it makes up BTCUSDT and ETHUSDT. The test's controls are under /control (see control.py).
"""

import argparse
import asyncio
import signal
import sys
import time
from pathlib import Path

from aiohttp import web

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from exchange.candles import MINUTE_MS, Recording, random_candles, read_candles
from exchange.control import Control
from exchange.exchange_clock import ExchangeClock
from exchange.request_weight import RequestWeight
from exchange.rest import Rest
from exchange.streams import StreamRules, Streams


def create_app(
    recordings: dict[str, Recording], *, history_bars: int, speed: float, rules: StreamRules
) -> web.Application:
    """The exchange `history_bars` minutes after its first candle; speed 0 stands still until told otherwise."""
    start_ms = min(recording.start_ms for recording in recordings.values()) + history_bars * MINUTE_MS
    end_ms = max(recording.end_ms for recording in recordings.values())
    clock = ExchangeClock(start_ms, end_ms, speed, time.monotonic)
    rest = Rest(recordings, clock, RequestWeight(time.monotonic))
    streams = Streams(recordings, clock, rules, time.monotonic)
    app = web.Application()
    rest.add_routes(app)
    streams.add_routes(app)
    Control(recordings, clock, rest, streams).add_routes(app)

    async def tick(_: web.Application):  # type: ignore[no-untyped-def]
        ticker = asyncio.create_task(streams.run())
        yield
        ticker.cancel()
        await asyncio.gather(ticker, return_exceptions=True)

    async def hang_up(_: web.Application) -> None:
        streams.disconnect()

    app.cleanup_ctx.append(tick)
    app.on_shutdown.append(hang_up)
    return app


def read_recordings(data: list[str], bars: int) -> dict[str, Recording]:
    """SYMBOL=FILE arguments, or two random symbols of `bars` minutes."""
    if not data:
        prices = {"BTCUSDT": 23_000.0, "ETHUSDT": 1_600.0}
        return {name: Recording(random_candles(name, bars, price=price)) for name, price in prices.items()}
    pairs = (argument.split("=", 1) for argument in data)
    return {symbol: Recording(read_candles(Path(path))) for symbol, path in pairs}


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", action="append", default=[], metavar="SYMBOL=FILE", help="recorded one-minute candles"
    )
    parser.add_argument("--bars", type=int, default=5000, help="length of random recordings (default %(default)s)")
    parser.add_argument("--history", type=int, default=1000, help="minutes that have passed at the start")
    parser.add_argument("--speed", type=float, default=300.0, help="times real time; 0 waits for /control/advance")
    parser.add_argument("--update-ms", type=int, default=2000, help="exchange time between events of an open candle")
    parser.add_argument("--ping-seconds", type=float, default=20.0)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one; the first line printed names it")
    return parser.parse_args(arguments)


async def serve(options: argparse.Namespace) -> None:
    rules = StreamRules(update_every_ms=options.update_ms, ping_every_s=options.ping_seconds)
    recordings = read_recordings(options.data, options.bars)
    app = create_app(recordings, history_bars=options.history, speed=options.speed, rules=rules)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, options.host, options.port).start()
    print(f"listening on http://{options.host}:{runner.addresses[0][1]}", flush=True)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve(parse_arguments()))
