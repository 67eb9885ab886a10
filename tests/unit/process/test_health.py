"""Probes over real HTTP."""

import aiohttp
import pytest
from prometheus_client import CollectorRegistry, Counter

from strategy_process.health import HealthServer


@pytest.fixture
async def get():
    state = {"live": None, "ready": "RestoringCheckpoint: waiting for an open transaction"}
    registry = CollectorRegistry()
    Counter("signals", "Published.", registry=registry).inc(3)
    server = HealthServer("127.0.0.1", 0, live=lambda: state["live"], ready=lambda: state["ready"], registry=registry)
    port = await server.start()
    async with aiohttp.ClientSession() as session:

        async def call(path: str) -> tuple[int, str]:
            async with session.get(f"http://127.0.0.1:{port}{path}") as answer:
                return answer.status, await answer.text()

        call.state = state  # type: ignore[attr-defined]
        yield call
    await server.close()


async def test_readiness_says_why_not_in_words_and_changes_with_the_check(get) -> None:
    assert await get("/readyz") == (503, "RestoringCheckpoint: waiting for an open transaction\n")
    get.state["ready"] = None
    assert await get("/readyz") == (200, "ok\n")


async def test_liveness_does_not_follow_readiness(get) -> None:
    assert await get("/livez") == (200, "ok\n")


async def test_metrics_are_text_that_prometheus_reads(get) -> None:
    status, text = await get("/metrics")
    assert status == 200
    assert "signals_total 3.0" in text
