"""Everything but Kubernetes for real: exchange, gateway, Redis, Kafka, supervisor, warden, each a process.

What is on the log equals direct calls of the strategy on the same windows, in order, whatever was killed.
"""

import asyncio
import os
import random
import shutil
import signal
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from exchange.driver import TestExchange
from exchange.local_market import GatewayProcess, RedisServer
from integration.log.log_reader import published
from integration.log.private_broker import PrivateBroker
from integration.runner_processes.pod import Pod
from stack.candles import random_series, windows
from strategy_code.analysis import analyse
from strategy_contracts.bundle import Bundle
from strategy_contracts.exit_codes import ExitCode
from strategy_contracts.runner_config import RepeatPolicy, RunnerConfig, SignalRules
from strategy_contracts.signal import Signal, StrategySource, milliseconds
from strategy_contracts.timeframe import Timeframe
from strategy_process.kafka_topics import ensure_topics

SYMBOLS = ("BTCUSDT", "ETHUSDT")
LOOKBACK, HISTORY, BARS = 20, 100, 1000
MINUTE_MS = 60_000
STRATEGY = """
class Counter:
    def __init__(self):
        self.evaluations = 0
        self.sums = {}

    def generate_signals(self, data, parameters):
        self.evaluations += 1
        signals = []
        for symbol, frame in data.items():
            last = float(frame["close"].iloc[-1])
            self.sums[symbol] = self.sums.get(symbol, 0.0) + last
            mean = float(frame["close"].mean())
            metadata = {"n": self.evaluations, "sum": self.sums[symbol], "mean": mean, "bars": len(frame)}
            signals.append({"symbol": symbol, "action": "BUY" if last > mean else "SELL", "metadata": metadata})
        return signals
"""


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    if shutil.which("java") is None:
        message = "java is not installed"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    private = PrivateBroker()
    try:
        private.start()
        asyncio.run(ensure_topics(private.servers, replication_factor=1))
        yield private.servers
    finally:
        private.remove()


@dataclass
class Market:
    exchange: TestExchange
    redis: RedisServer
    gateway: GatewayProcess


@pytest.fixture
async def market(tmp_path: Path) -> AsyncIterator[Market]:
    async with AsyncExitStack() as stack:
        options = ("--speed", "0", "--history", str(HISTORY), "--bars", str(BARS))
        exchange = await stack.enter_async_context(TestExchange(*options))
        redis = await stack.enter_async_context(RedisServer())
        gateway = GatewayProcess(
            tmp_path / "gateway.log",
            REDIS_URL=redis.url,
            BINANCE_REST_URL=exchange.url,
            BINANCE_WS_URL=exchange.ws_url,
        )
        yield Market(exchange, redis, await stack.enter_async_context(gateway))


def a_bundle() -> Bundle:
    files = {"main.py": STRATEGY}
    entry_point = analyse(files, "main.py").entry_point
    assert entry_point is not None
    return Bundle(
        strategy_id="local/counter",
        source=StrategySource.INLINE,
        files=files,
        main_file="main.py",
        entry_point=entry_point,
    )


def a_config(execution_id: str, bundle: Bundle, incarnation: int = 1) -> RunnerConfig:
    return RunnerConfig(
        execution_id=execution_id,
        incarnation=incarnation,
        namespace="local",
        name="counter",
        strategy_id="local/counter",
        strategy_source=StrategySource.INLINE,
        bundle_digest=bundle.digest,
        symbols=SYMBOLS,
        timeframe=Timeframe.M1,
        lookback_bars=LOOKBACK,
        signals=SignalRules(cooldown_seconds=0, repeat=RepeatPolicy.ALWAYS, max_per_minute=1000),
    )


class Run:
    """One execution over one market and one log."""

    def __init__(self, market: Market, servers: str, folder: Path) -> None:
        self.market, self.servers = market, servers
        self.execution_id = str(uuid.uuid4())
        self._folder = folder
        self._closed = HISTORY
        self.bundle = a_bundle()

    def pod(self, incarnation: int = 1) -> Pod:
        return Pod(
            self._folder / f"pod-{incarnation}",
            a_config(self.execution_id, self.bundle, incarnation),
            self.bundle,
            KAFKA_BOOTSTRAP_SERVERS=self.servers,
            REDIS_URL=self.market.redis.url,
            MARKET_GATEWAY_URL=self.market.gateway.url,
        )

    async def bars(self, count: int) -> None:
        """Let bars close, one after the other."""
        for _ in range(count):
            await self.market.exchange.control("advance", bars=1)
            self._closed += 1
            await asyncio.sleep(0.02)

    async def settled(self) -> list[Signal]:
        """The signals on the log, once the last close is among them."""
        deadline = time.monotonic() + 60
        while True:
            signals = await published(self.servers, self.execution_id)
            last = max((_closed_index(signal) for signal in signals), default=-1)
            if last >= self._closed - 1:
                return signals
            assert time.monotonic() < deadline, f"evaluated up to bar {last} of {self._closed - 1}"
            await asyncio.sleep(0.1)


def _closed_index(signal: Signal) -> int:
    start_ms = random_series(1)["BTCUSDT"][0].open_time
    return (milliseconds(signal.evaluation_time) - start_ms) // MINUTE_MS - 1


def assert_equal_to_direct_calls(signals: list[Signal]) -> None:
    """One for one, in order, with dense sequences and distinct ids."""
    names: dict[str, type] = {}
    exec(STRATEGY, names)
    strategy, series = names["Counter"](), random_series(BARS)
    expected = []
    for index in range(_closed_index(signals[0]), _closed_index(signals[-1]) + 1):
        for item in strategy.generate_signals(windows(series, index, LOOKBACK), {}):
            expected.append((index, item["symbol"], item["action"], item["metadata"]))
    own = [{key: value for key, value in item.metadata.items() if not key.endswith("_source")} for item in signals]
    told = [(_closed_index(s), s.symbol, s.action.value, m) for s, m in zip(signals, own, strict=True)]
    assert told == expected
    assert [signal.sequence for signal in signals] == list(range(1, len(signals) + 1))
    assert len({signal.signal_id for signal in signals}) == len(signals)


async def test_signals_on_the_log_equal_direct_calls_whatever_is_killed(
    market: Market, broker: str, tmp_path: Path
) -> None:
    dice, run = random.Random(11), Run(market, broker, tmp_path)
    async with run.pod() as pod:
        await run.settled()

        async def kill_supervisor() -> None:
            pod.supervisor.kill()

        async def kill_warden() -> None:
            pod.warden.kill()

        async def kill_worker() -> None:
            if (pid := pod.worker) is not None:
                os.kill(pid, signal.SIGKILL)

        async def freeze_supervisor() -> None:
            pod.supervisor.send_signal(signal.SIGSTOP)
            await run.bars(3)
            await asyncio.sleep(1.0)
            pod.supervisor.send_signal(signal.SIGCONT)

        async def kill_redis() -> None:
            market.redis.kill()
            await run.bars(2)
            await market.redis.start()

        faults = [kill_supervisor, kill_warden, kill_worker, freeze_supervisor, kill_redis]
        for fault in [*faults, *dice.sample(faults, k=3)]:
            await run.bars(4)
            await asyncio.sleep(dice.uniform(0, 0.01))
            await fault()
            await run.bars(2)
        signals = await run.settled()
    assert len(signals) > 100
    assert_equal_to_direct_calls(signals)
    assert pod.exit_codes.count(-signal.SIGKILL) >= 1
    assert "Traceback" not in pod.log
    assert "class Counter" not in pod.log


async def test_a_successor_takes_over_and_its_predecessor_stays_out(
    market: Market, broker: str, tmp_path: Path
) -> None:
    run = Run(market, broker, tmp_path)
    async with run.pod(1) as old:
        await run.settled()
        await run.bars(3)
        await run.settled()
        async with run.pod(2):
            # The old one learns of it at its next commit; then at each of its restarts.
            deadline = time.monotonic() + 30
            while old.exit_codes.count(ExitCode.SUPERSEDED) < 2:
                assert time.monotonic() < deadline, old.exit_codes
                await run.bars(1)
                await asyncio.sleep(0.5)
            signals = await run.settled()
    assert_equal_to_direct_calls(signals)
    assert {signal.incarnation for signal in signals} == {1, 2}
    assert msgspec.json.decode(old.log.splitlines()[-1])
    assert "Traceback" not in old.log
