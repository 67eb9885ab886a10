"""A trading session: an exchange whose clock the tests turn, strategies that run on it, and what came of them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from exchange.candles import MINUTE_MS
from exchange.driver import TestExchange
from stack.candles import Series
from stack.expected import STRATEGIES, Expectation, Expected
from stack.pods import PodProcesses, processes_of
from stack.product import Product, a_strategy
from stack.signals import SignalCollector

LOOKBACK = 100
SETTLE_SECONDS = 90.0


@dataclass
class RunningStrategy:
    """One TradingStrategy and what it must have published so far."""

    name: str
    execution_id: str
    expectation: Expected
    evaluated: int
    """Index of the last bar whose close the expectation has seen."""


class TradingSession:
    """Bars close when a test says so; every strategy must decide at each close, whatever happens to it."""

    def __init__(
        self, product: Product, exchange: TestExchange, collector: SignalCollector, series: Series, closed: int
    ) -> None:
        self.product, self.exchange, self.collector, self.series = product, exchange, collector, series
        self.strategies: dict[str, RunningStrategy] = {}
        self.closed = closed
        """Index of the last bar that has closed."""

    async def start(self, name: str, file: str, parameters: Mapping[str, Any], **spec: Any) -> RunningStrategy:
        """Apply a strategy; it decides at the last close at once, then at each that follows."""
        code = (STRATEGIES / file).read_text()
        resource = a_strategy(
            name, code, symbols=list(self.series), lookbackBars=LOOKBACK, parameters=dict(parameters), **spec
        )
        return await self.run(resource, Expectation(file, self.series, lookback=LOOKBACK, parameters=parameters))

    async def run(self, resource: dict[str, Any], expectation: Expected) -> RunningStrategy:
        """Apply any resource; what it must publish from the last close on is the expectation's business."""
        name = resource["metadata"]["name"]
        await self.product.strategies.apply(resource)
        created = await self.product.strategies.json("get", "tradingstrategy", name)
        running = RunningStrategy(
            name=name,
            execution_id=created["metadata"]["uid"],
            expectation=expectation,
            evaluated=self.closed - 1,
        )
        self.strategies[name] = running
        return running

    async def stop(self, name: str) -> None:
        """Delete the strategy; its signals stay in the collector."""
        del self.strategies[name]
        await self.product.strategies("delete", "tradingstrategy", name, "--timeout=60s")

    async def advance(self, bars: int, *, every_s: float = 0.05) -> None:
        """Close bars one by one, as an exchange in a hurry would."""
        loop = asyncio.get_running_loop()
        for _ in range(bars):
            due = loop.time() + every_s
            await self.exchange.control("advance", bars=1)
            self.closed += 1
            await asyncio.sleep(max(0.0, due - loop.time()))

    async def advance_with(
        self, bars: int, disturbance: Callable[[], Awaitable[None]], *, every_s: float = 0.05
    ) -> None:
        """Close bars, and let something happen when a third of them have closed."""
        await self.advance(bars // 3, every_s=every_s)
        await asyncio.gather(self.advance(bars - bars // 3, every_s=every_s), disturbance())

    async def settle(self, timeout_s: float = SETTLE_SECONDS) -> None:
        """Wait until every strategy has published what it must, and assert that it is that and nothing else."""
        for running in self.strategies.values():
            running.expectation.extend(range(running.evaluated + 1, self.closed + 1))
            running.evaluated = self.closed
        for running in self.strategies.values():
            try:
                await self.collector.wait_for(running.execution_id, len(running.expectation.decisions), timeout_s)
            except TimeoutError as error:
                raise AssertionError(f"{running.name}: {error}\n{await self._evidence(running.name)}") from None
        self.check()

    def check(self) -> None:
        """The signals received so far equal the direct calls, one for one and in order, with dense sequences."""
        assert self.collector.problems == []
        for running in self.strategies.values():
            signals = self.collector.signals[running.execution_id]
            expected = running.expectation.decisions
            for index, (signal, decision) in enumerate(zip(signals, expected, strict=False)):
                found = running.expectation.published(signal)
                assert found == decision, f"{running.name}: signal {index} is {found}, not {decision}"
            assert len(signals) == len(expected), running.name
            assert [signal["sequence"] for signal in signals] == list(range(1, len(signals) + 1)), running.name

    async def pod(self, name: str) -> dict[str, Any]:
        """The runner pod of a strategy; raises KubectlError while there is none."""
        status = (await self.product.strategies.json("get", "tradingstrategy", name))["status"]
        return await self.product.strategies.json("get", "pod", status["runner"]["podName"])

    async def processes(self, name: str, timeout_s: float = 30.0) -> PodProcesses:
        """The host pids of a strategy's pod, as soon as all three processes are there."""
        async with asyncio.timeout(timeout_s):
            while True:
                found = processes_of((await self.pod(name))["metadata"]["uid"])
                if found is not None and found.worker is not None:
                    return found
                await asyncio.sleep(0.1)

    async def _evidence(self, name: str) -> str:
        """What a person would look at first when a strategy has fallen silent."""
        kubectl = self.product.strategies
        texts = [f"exchange time {self.exchange_time_ms}", await kubectl("describe", "tradingstrategy", name)]
        pod = await self.pod(name)
        for container in ("supervisor", "strategy"):
            texts.append(await kubectl("logs", pod["metadata"]["name"], "--container", container, "--tail=30"))
        selector = "--selector=app.kubernetes.io/component=market-gateway"
        texts.append(await self.product.system("logs", selector, "--tail=30"))
        return "\n".join(texts)

    @property
    def exchange_time_ms(self) -> int:
        """The exchange's clock: the close of the last bar."""
        any_symbol = next(iter(self.series.values()))
        return any_symbol[self.closed].open_time + MINUTE_MS
