"""The local cluster, the product on it, an exchange beside it, and one trading session for the tests that share it."""

import inspect
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from exchange.driver import TestExchange
from local_cluster.endpoints import Endpoints
from stack.candles import RECORDED, Series, random_series, recorded_series
from stack.product import Product
from stack.session import TradingSession
from stack.signals import SignalCollector
from stack.strategy_rows import POLL_SECONDS, StrategyRows

EXCHANGE_PORT = 18090
HISTORY = 400
RANDOM_BARS = 5000
OWNERS = ["42", "alice", "43", "bob"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of it needs the cluster; what lies beside this file shares the event loop of the fixtures below."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.e2e)
        if here == item.path.parent and inspect.iscoroutinefunction(getattr(item, "function", None)):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def endpoints() -> Endpoints:
    found = Endpoints.load()
    if found is None or not found.has_kubernetes:
        message = "no local cluster: run `make cluster-up`"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return found


@pytest.fixture(scope="session")
def series() -> Series:
    """Recorded candles where they are at hand, else random ones."""
    return recorded_series() or random_series(RANDOM_BARS)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def exchange(endpoints: Endpoints) -> AsyncIterator[TestExchange]:
    """Speaks Binance's formats; its clock stands still until a test turns it."""
    data = [f"--data={path.name.split('-')[0]}={path}" for path in sorted(RECORDED.glob("*-1m-*.csv"))]
    arguments = [*data, f"--bars={RANDOM_BARS}", f"--history={HISTORY}", "--speed=0"]
    async with TestExchange(*arguments, f"--host={endpoints.node_ip}", f"--port={EXCHANGE_PORT}") as exchange:
        yield exchange


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def rows(endpoints: Endpoints) -> AsyncIterator[StrategyRows]:
    """The platform's tables, empty, in schemas of their own."""
    async with StrategyRows(endpoints.no_code_database_url, endpoints.ai_ml_database_url) as rows:
        yield rows


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def product(endpoints: Endpoints, exchange: TestExchange, rows: StrategyRows) -> AsyncIterator[Product]:
    """Installed by its chart, with the exchange in the place of Binance."""
    binance = {"restUrl": exchange.url, "wsUrl": exchange.ws_url}
    values = {
        "marketGateway": {"binance": binance},
        "strategyNamespaces": [{"name": "e2e-strategies", "owners": OWNERS, "create": True}],
        "databases": {
            "noCode": {"url": rows.no_code_url},
            "aiMl": {"url": rows.ai_ml_url},
            "pollSeconds": POLL_SECONDS,
        },
    }
    product = await Product.install(endpoints, "e2e", values)
    yield product
    await product.uninstall()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def collector(product: Product) -> AsyncIterator[SignalCollector]:
    """A client of the stream for as long as the tests run."""
    url = await product.service_url("strategy-service", "ws")
    async with SignalCollector(f"{url}/api/signals/stream", product.token()) as collector:
        yield collector


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def session(
    product: Product, exchange: TestExchange, collector: SignalCollector, series: Series
) -> TradingSession:
    """Three strategies on two symbols: two functions of windows and an object with state."""
    session = TradingSession(product, exchange, collector, series, closed=HISTORY - 1)
    await session.start("rsi-dip", "rsi_dip.py", {"period": 14})
    await session.start("ema-trend", "ema_trend.py", {"fast": 5, "slow": 20})
    await session.start("streak", "streak.py", {"length": 2})
    await session.settle()
    return session
