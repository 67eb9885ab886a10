"""Anonymous memory of running strategy pods, read from their cgroups: what a thousand strategies cost a node.

Two pods of each kind run on the local cluster and evaluate bars; pages that a warden shares with its worker count
once, as the kernel counts them. "imports": a strategy that imports pandas, so only that is preloaded. "full": one that
has every importable module of numpy, pandas and ta preloaded. "libraries": one that imports TA-Lib, scipy and
scikit-learn as well, which has no target: those cost what they cost.
"""

import asyncio
import math
import statistics
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

from exchange.driver import TestExchange
from local_cluster.endpoints import Endpoints
from stack.candles import random_series
from stack.product import Product, a_strategy
from stack.session import TradingSession
from stack.signals import SignalCollector

HISTORY, BARS, PODS = 400, 100, 2
MIB = 2**20
CGROUP = Path("/sys/fs/cgroup")
SUPERVISOR_TARGET = 45
TARGETS = {"imports": 95, "full": 120}
STRATEGIES = {
    "imports": """
        import pandas as pd

        def generate_signals(data, parameters):
            signals = []
            for symbol, frame in data.items():
                change = frame["close"].diff()
                gain, loss = change.clip(lower=0).rolling(14).mean(), -change.clip(upper=0).rolling(14).mean()
                rsi = 100 - 100 / (1 + gain / loss)
                signals.append({"symbol": symbol, "action": "BUY" if rsi.iloc[-1] < 50 else "SELL"})
            return signals
    """,
    "full": """
        import numpy as np
        import pandas as pd
        import ta

        def generate_signals(data, parameters):
            signals = []
            for symbol, frame in data.items():
                rsi = ta.momentum.RSIIndicator(frame["close"], 14).rsi().iloc[-1]
                above = frame["close"].iloc[-1] > np.mean(frame["close"].to_numpy()[-20:])
                signals.append({"symbol": symbol, "action": "BUY" if rsi < 50 and above else "SELL"})
            return signals
    """,
    "libraries": """
        import numpy as np
        import pandas as pd
        import scipy.stats
        import ta
        import talib
        from sklearn.linear_model import LinearRegression

        def generate_signals(data, parameters):
            signals = []
            for symbol, frame in data.items():
                close = frame["close"]
                rsi = ta.momentum.RSIIndicator(close, 14).rsi().iloc[-1]
                average = talib.EMA(close.to_numpy(), 20)[-1]
                trend = LinearRegression().fit(np.arange(len(close)).reshape(-1, 1), close.to_numpy()).coef_[0]
                score = scipy.stats.zscore(close.to_numpy())[-1]
                buy = rsi < 50 and close.iloc[-1] < average and trend > 0 and score < 0
                signals.append({"symbol": symbol, "action": "BUY" if buy else "SELL"})
            return signals
    """,
}


@dataclass(frozen=True)
class PodMemory:
    """MiB of anonymous memory, by container."""

    supervisor: float
    strategy: float

    @property
    def pod(self) -> float:
        return self.supervisor + self.strategy


async def main() -> int:
    endpoints = Endpoints.load()
    if endpoints is None or not endpoints.has_kubernetes:
        print("no local cluster: run `make cluster-up`", file=sys.stderr)
        return 1
    arguments = (f"--host={endpoints.node_ip}", "--port=18095", "--speed=0", f"--history={HISTORY}", "--bars=2000")
    async with TestExchange(*arguments, "--update-ms=60000") as exchange:
        binance = {"restUrl": exchange.url, "wsUrl": exchange.ws_url}
        product = await Product.install(endpoints, "memory", {"marketGateway": {"binance": binance}})
        try:
            url = await product.service_url("strategy-service", "ws")
            async with SignalCollector(f"{url}/api/signals/stream", product.token()) as collector:
                session = TradingSession(product, exchange, collector, random_series(2000), closed=HISTORY - 1)
                names = await start_all(session)
                return report({kind: [await memory_of(session, name) for name in names[kind]] for kind in names})
        finally:
            await product.uninstall()


async def start_all(session: TradingSession) -> dict[str, list[str]]:
    """Names by kind of strategies that have all evaluated BARS bars."""
    names = {kind: [f"{kind}-{number}" for number in range(PODS)] for kind in STRATEGIES}
    uids = []
    for kind, code in STRATEGIES.items():
        for name in names[kind]:
            await session.product.strategies.apply(
                a_strategy(name, textwrap.dedent(code), symbols=["BTCUSDT", "ETHUSDT"], lookbackBars=200)
            )
            resource = await session.product.strategies.json("get", "tradingstrategy", name)
            uids.append(resource["metadata"]["uid"])
    for uid in uids:
        await session.collector.wait_for(uid, 2, 120)
    await session.advance(BARS, every_s=0.2)
    for uid in uids:
        await session.collector.wait_for(uid, 2 * (BARS + 1), 120)
    return names


async def memory_of(session: TradingSession, name: str) -> PodMemory:
    """What the kernel has charged the two containers of a strategy's pod with."""
    statuses = (await session.pod(name))["status"]["containerStatuses"]
    used = {status["name"]: anonymous_bytes(status["containerID"].split("//")[1]) / MIB for status in statuses}
    return PodMemory(used["supervisor"], used["strategy"])


def anonymous_bytes(container_id: str) -> int:
    """`total_rss` of cgroup v1, `anon` of v2."""
    for root, field in ((CGROUP / "memory", "total_rss"), (CGROUP, "anon")):
        for group in root.glob(f"kubepods*/**/*{container_id}*"):
            lines = (group / "memory.stat").read_text().splitlines()
            return int(dict(line.split() for line in lines)[field])
    raise LookupError(f"no cgroup of container {container_id}")


def report(pods: dict[str, list[PodMemory]]) -> int:
    """Print the table; 1 when a target was missed."""
    print(
        f"{'preloaded':10} {'pods':>4} {'supervisor':>12} {'strategy':>12} {'pod':>12}   MiB, mean; largest in brackets"
    )
    missed = False
    for kind, found in pods.items():
        columns = [[pod.supervisor for pod in found], [pod.strategy for pod in found], [pod.pod for pod in found]]
        cells = "".join(f"{f'{statistics.mean(values):.1f} ({max(values):.1f})':>13}" for values in columns)
        met = max(columns[0]) <= SUPERVISOR_TARGET and max(columns[2]) <= TARGETS.get(kind, math.inf)
        missed = missed or not met
        wanted = f"supervisor <= {SUPERVISOR_TARGET}" + (f", pod <= {TARGETS[kind]}" if kind in TARGETS else "")
        target = f"{wanted}: {'met' if met else 'MISSED'}"
        print(f"{kind:10} {len(found):4}{cells}   {target}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
