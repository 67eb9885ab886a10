"""Latency of the whole product on the local cluster: bar close to WebSocket client, and apply to first evaluation.

The clock of the first figure starts before the exchange is told to close the bar, so that it includes one HTTP
request of the benchmark itself; that of the second before kubectl is started.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Sequence

from exchange.driver import TestExchange
from local_cluster.endpoints import Endpoints
from stack.candles import random_series
from stack.product import Product, a_strategy
from stack.session import TradingSession
from stack.signals import SignalCollector

BARS, STARTS = 300, 15
HISTORY = 400
STRATEGIES = 3
TARGETS = {"bar close -> WebSocket": (0.025, "p50 <= 25 ms"), "apply -> first evaluation": (4.0, "p50 <= 4 s")}
SPEAKS_ALWAYS = """
def generate_signals(data, parameters):
    return [{"symbol": symbol, "action": "BUY", "confidence": 0.5} for symbol in data]
"""


async def main() -> int:
    endpoints = Endpoints.load()
    if endpoints is None or not endpoints.has_kubernetes:
        print("no local cluster: run `make cluster-up`", file=sys.stderr)
        return 1
    arguments = (f"--host={endpoints.node_ip}", "--port=18091", "--speed=0", f"--history={HISTORY}", "--bars=2000")
    # An exchange spreads the updates of an open candle over its minute; turned by hand they would all come at once.
    arguments += ("--update-ms=60000",)
    async with TestExchange(*arguments) as exchange:
        binance = {"restUrl": exchange.url, "wsUrl": exchange.ws_url}
        product = await Product.install(endpoints, "bench", {"marketGateway": {"binance": binance}})
        try:
            url = await product.service_url("strategy-service", "ws")
            async with SignalCollector(f"{url}/api/signals/stream", product.token()) as collector:
                session = TradingSession(product, exchange, collector, random_series(2000), closed=HISTORY - 1)
                starts = await time_starts(session)
                delays = await time_bars(session)
        finally:
            await product.uninstall()
    return report({"bar close -> WebSocket": delays, "apply -> first evaluation": starts})


async def time_starts(session: TradingSession) -> list[float]:
    """Seconds from `kubectl apply` to the signal of the first evaluation, one strategy at a time, image present."""
    seconds = []
    for index in range(STARTS):
        name = f"start-{index}"
        began = time.monotonic()
        await session.product.strategies.apply(a_strategy(name, SPEAKS_ALWAYS))
        uid = (await session.product.strategies.json("get", "tradingstrategy", name))["metadata"]["uid"]
        await session.collector.wait_for(uid, 1, 60)
        first = session.collector.signals[uid][0]["signal_id"]
        seconds.append(session.collector.received_at[first] - began)
        await session.product.strategies("delete", "tradingstrategy", name, "--timeout=60s")
    return seconds


async def time_bars(session: TradingSession) -> list[float]:
    """Seconds from the close of a bar to each signal that it causes, three strategies on two symbols."""
    for index in range(STRATEGIES):
        await session.start(f"ema-{index}", "ema_trend.py", {"fast": 5, "slow": 20 + index})
    await session.settle()
    delays = []
    for _ in range(BARS):
        before = {name: len(session.collector.signals[one.execution_id]) for name, one in session.strategies.items()}
        began = time.monotonic()
        await session.advance(1, every_s=0.2)
        for name, one in session.strategies.items():
            await session.collector.wait_for(one.execution_id, before[name] + 2, 10)
            new = session.collector.signals[one.execution_id][before[name] :]
            delays += [session.collector.received_at[signal["signal_id"]] - began for signal in new]
    await session.settle()
    return delays


def report(figures: dict[str, Sequence[float]]) -> int:
    """Print the table; 1 when a target was missed."""
    print(f"{'figure':28} {'n':>5} {'p50':>10} {'p99':>10} {'max':>10}  target")
    missed = 0
    for name, values in figures.items():
        p50, p99 = statistics.median(values), statistics.quantiles(values, n=100, method="inclusive")[98]
        limit, target = TARGETS[name]
        verdict = "met" if p50 <= limit else "MISSED"
        missed += p50 > limit
        print(
            f"{name:28} {len(values):5} {p50 * 1000:8.1f}ms {p99 * 1000:8.1f}ms {max(values) * 1000:8.1f}ms"
            f"  {target}: {verdict}"
        )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
