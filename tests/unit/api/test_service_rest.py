"""What the service says about itself, and what happens when a part of it dies."""

import asyncio

import pytest

from api_serving import Outside, answering, now_ms, settings, until
from strategy_api.log_reader import Batch, Lookback
from strategy_api.memory_log import MemoryTail


class BrokenTail(MemoryTail):
    """Dies when it is told to."""

    def __init__(self, outside: Outside) -> None:
        super().__init__(outside.signals, Lookback(seconds=1, max_records=1), now_ms())
        self.broken = asyncio.Event()

    async def read(self) -> Batch:
        await self.broken.wait()
        raise RuntimeError("the log is torn")


async def test_who_it_is() -> None:
    async with answering(Outside()) as api:
        answer = await api.http.get("/", headers={"Authorization": ""})
    assert answer.json() == {
        "service": "inference-service",
        "version": "1.0.0",
        "status": "operational",
        "endpoints": {
            "health": "/health",
            "strategies": "/api/strategies",
            "signals": "/api/signals",
            "docs": "disabled",
        },
    }


@pytest.mark.parametrize("path", ["/health", "/health/"])
async def test_health_without_a_redirect(path: str) -> None:
    async with answering(Outside()) as api:
        answer = await api.http.get(path)
    assert (answer.status_code, answer.json()["status"]) == (200, "healthy")


async def test_ready_once_the_log_has_been_read() -> None:
    outside = Outside()
    tail = BrokenTail(outside)
    outside.publish(1)
    async with answering(outside, signals=tail) as api:
        early = await api.http.get("/health/ready")
        live = await api.http.get("/health/live")
    assert (early.status_code, early.json()["ready"], early.json()["checks"]["stream"]) == (503, False, False)
    assert (live.status_code, live.json()["alive"]) == (200, True)


async def test_ready_reports_outside_systems_and_does_not_depend_on_them() -> None:
    outside = Outside()
    outside.store.available = outside.cluster.available = outside.mirror.available = False
    async with answering(outside) as api:
        await until(lambda: api.parts.hub.caught_up)
        async with asyncio.timeout(5):
            while not (answer := await api.http.get("/health/ready")).json()["checks"]["kafka"]:
                await asyncio.sleep(0.005)
        status = (await api.http.get("/health/status")).json()
    assert answer.status_code == 200
    assert answer.json()["checks"] == {
        "stream": True,
        "kafka": True,
        "signal_database": False,
        "cluster": False,
        "redis": False,
    }
    assert status["status"] == "degraded"
    assert status["components"]["redis"]["status"] == "unavailable"


async def test_the_death_of_a_loop_ends_the_process() -> None:
    outside = Outside()
    tail = BrokenTail(outside)
    async with answering(outside, signals=tail) as api:
        tail.broken.set()
        await asyncio.wait_for(api.died.wait(), 2)
        assert (await api.http.get("/health/live")).status_code == 503
        assert (await api.http.get("/health/ready")).status_code == 503


async def test_a_draining_replica_is_not_ready() -> None:
    async with answering(Outside()) as api:
        await until(lambda: api.parts.hub.caught_up)
        assert (await api.http.get("/health/ready")).status_code == 200
        api.parts.hub.drain()
        assert (await api.http.get("/health/ready")).status_code == 503


@pytest.mark.parametrize("path", ["/metrics", "/health/metrics"])
async def test_metrics_can_be_scraped_and_have_no_unbounded_label(path: str) -> None:
    async with answering(Outside()) as api:
        for number in range(3):
            await api.http.get(f"/api/signals/sig_{number}")
            await api.http.get(f"/nowhere/{number}")
        answer = await api.http.get(path)
    assert answer.headers["content-type"].startswith("text/plain; version=")
    counted = [line for line in answer.text.splitlines() if line.startswith("inference_service_http_requests_total")]
    assert 'endpoint="/api/signals/{signal_id}",method="GET",status="404"} 3.0' in "\n".join(counted)
    assert 'endpoint="unmatched",method="GET",status="404"} 3.0' in "\n".join(counted)


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nowhere", 404), ("PATCH", "/api/signals/list", 405), ("GET", "/docs", 404)]
)
async def test_errors_of_the_framework_are_problems_too(method: str, path: str, status: int) -> None:
    async with answering(Outside()) as api:
        answer = await api.http.request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["status"] == status


async def test_cors_is_off_unless_asked_for() -> None:
    page = {"Origin": "https://trading.example"}
    async with answering(Outside()) as api:
        assert "access-control-allow-origin" not in (await api.http.get("/health", headers=page)).headers
    async with answering(Outside(), settings(cors_origins=("https://trading.example",))) as api:
        answer = await api.http.get("/health", headers=page)
    assert answer.headers["access-control-allow-origin"] == "https://trading.example"
