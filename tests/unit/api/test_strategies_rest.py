"""`/api/strategies`: the platform's words, done to TradingStrategies; idempotent, isolated, honest about states."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from api_serving import NAMESPACE, Api, Outside, a_token, answering, bearer, now, now_ms, settings
from strategy_api.cluster import Manifest
from strategy_contracts.signal import utc
from strategy_contracts.status_report import (
    Counters,
    Fault,
    RunError,
    RunPhase,
    StatusReport,
    encode_report,
)
from strategy_contracts.topics import partition_of

ID = "7b0e0c9e-1111-4222-8333-444455556666"
START: dict[str, Any] = {"strategy_id": ID, "source": "no_code", "symbols": ["BTCUSDT"], "timeframe": "1h"}


async def start(api: Api, token: str | None = None, **changes: Any) -> Any:
    return await api.http.post("/api/strategies/start", json=START | changes, headers=bearer(token))


def only(outside: Outside) -> Manifest:
    (found,) = outside.cluster.objects.values()
    return found


def an_inline_run(outside: Outside, name: str = "rsi-dip", namespace: str = "elsewhere", **spec: Any) -> Manifest:
    """A run that somebody applied with kubectl, for owner 42."""
    manifest: Manifest = {
        "apiVersion": "trading.alphintra.io/v1alpha1",
        "kind": "TradingStrategy",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": f"uid-of-{name}",
            "resourceVersion": "1",
            "creationTimestamp": "2026-01-02T03:04:05Z",
        },
        "spec": {
            "source": {"inline": {"files": {"main.py": "def generate_signals(data, parameters): ..."}}},
            "symbols": ["ETHUSDT"],
            "timeframe": "5m",
            "owner": {"userId": "42", "subject": "alice"},
            **spec,
        },
    }
    outside.cluster.objects[namespace, name] = manifest
    return manifest


def report(outside: Outside, execution_id: str, phase: RunPhase = RunPhase.RUNNING, **changes: Any) -> StatusReport:
    """What the runner says about itself now."""
    values: dict[str, Any] = {
        "execution_id": execution_id,
        "incarnation": 1,
        "phase": phase,
        "reported_at": now(),
        "bundle_digest": "sha256:" + "ab" * 32,
        "counters": Counters(evaluations=9, signals=5, faults=2),
        "last_evaluation": utc(60_000),
    }
    said = StatusReport(**(values | changes))
    partition = partition_of(execution_id, len(outside.reports.partitions))
    outside.reports.append(partition, encode_report(said), now_ms())
    return said


async def test_start_writes_the_resource_and_answers_at_once() -> None:
    outside = Outside()
    async with answering(outside) as api:
        answer = await start(api, parameters={"rsi_period": 14}, execution_interval=120, execution_mode="live")
    resource = only(outside)
    assert answer.status_code == 200
    assert answer.json() == {
        "message": "Strategy started successfully",
        "success": True,
        "execution_id": resource["metadata"]["uid"],
        "strategy_name": resource["metadata"]["name"],
        "status": "starting",
        "data": {
            "execution_id": resource["metadata"]["uid"],
            "strategy_name": resource["metadata"]["name"],
            "status": "starting",
        },
    }
    assert resource["metadata"]["namespace"] == NAMESPACE
    assert resource["spec"] == {
        "source": {"noCode": {"workflowId": ID}},
        "symbols": ["BTCUSDT"],
        "timeframe": "1h",
        "executionMode": "live",
        "schedule": {"intervalSeconds": 120, "provisionalBars": True},
        "parameters": {"rsi_period": 14},
        "owner": {"userId": "42", "subject": "alice"},
        "suspend": False,
    }


@pytest.mark.parametrize(
    ("given", "mode"),
    [("paper", "paper"), ("paper_trade", "paper"), ("live", "live"), ("live_trade", "live"), (None, "paper")],
)
async def test_the_consoles_words_for_modes(given: str | None, mode: str) -> None:
    outside = Outside()
    async with answering(outside) as api:
        assert (await start(api, **({"execution_mode": given} if given else {}))).status_code == 200
    assert only(outside)["spec"]["executionMode"] == mode


async def test_the_same_start_again_is_the_same_run() -> None:
    outside = Outside()
    async with answering(outside) as api:
        answers = [await start(api) for _ in range(3)]
        answers += await asyncio.gather(*(start(api) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["execution_id"] for answer in answers} == {only(outside)["metadata"]["uid"]}


@pytest.mark.parametrize(
    "change",
    [
        {"symbols": ["ETHUSDT"]},
        {"timeframe": "5m"},
        {"parameters": {"rsi_period": 15}},
        {"execution_interval": 60},
        {"execution_mode": "live"},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_another_start_while_it_runs_is_refused(change: dict[str, Any]) -> None:
    outside = Outside()
    async with answering(outside) as api:
        await start(api, parameters={"rsi_period": 14})
        before = dict(only(outside)["spec"])
        answer = await start(api, **({"parameters": {"rsi_period": 14}} | change))
    assert (answer.status_code, answer.json()["detail"]) == (400, "Strategy is already running")
    assert only(outside)["spec"] == before


async def test_stop_suspends_and_start_resumes_the_same_run() -> None:
    outside = Outside()
    async with answering(outside) as api:
        started = (await start(api)).json()
        stopped = await api.http.post(f"/api/strategies/{ID}/stop")
        assert stopped.status_code == 200
        assert stopped.json()["message"] == "Strategy stopped successfully"
        assert stopped.json()["execution_id"] == started["execution_id"]
        assert only(outside)["spec"]["suspend"] is True
        again = await api.http.post(f"/api/strategies/{ID}/stop")
        assert (again.status_code, again.json()["detail"]) == (400, "Strategy is not running")
        resumed = (await start(api)).json()
    assert resumed["execution_id"] == started["execution_id"]
    assert only(outside)["spec"]["suspend"] is False


async def test_a_stopped_run_may_be_started_differently() -> None:
    outside = Outside()
    async with answering(outside) as api:
        await start(api)
        await api.http.post(f"/api/strategies/{ID}/stop")
        assert (await start(api, symbols=["ETHUSDT"], timeframe="5m")).status_code == 200
    spec = only(outside)["spec"]
    assert (spec["symbols"], spec["timeframe"], spec["suspend"]) == (["ETHUSDT"], "5m", False)


async def test_the_same_strategy_of_two_owners_is_two_runs() -> None:
    outside = Outside()
    async with answering(outside) as api:
        hers, his = await start(api), await start(api, a_token(7, "bob"))
    assert hers.json()["execution_id"] != his.json()["execution_id"]
    assert len(outside.cluster.objects) == 2


@pytest.mark.parametrize(
    ("body", "status", "named"),
    [
        pytest.param(b"{", 422, "body", id="no JSON"),
        pytest.param({"strategy_id": None}, 422, "strategy_id", id="no strategy"),
        pytest.param({"strategy_id": "17"}, 422, "strategy_id", id="an id that is no uuid"),
        pytest.param({"source": "github"}, 422, "source", id="an unknown source"),
        pytest.param({"symbols": []}, 422, "symbols", id="no symbol"),
        pytest.param({"symbols": ["BTC USDT"]}, 422, "symbols", id="a symbol with a space"),
        pytest.param({"timeframe": "7m"}, 422, "timeframe", id="an unknown timeframe"),
        pytest.param({"execution_interval": 59}, 422, "execution_interval", id="too often"),
        pytest.param({"execution_mode": "yolo"}, 422, "execution_mode", id="an unknown mode"),
        pytest.param({"execution_mode": "backtest"}, 400, "Backtests", id="backtests are not built"),
    ],
)
async def test_a_wrong_start_names_what_is_wrong(body: Any, status: int, named: str) -> None:
    outside = Outside()
    async with answering(outside) as api:
        if isinstance(body, bytes):
            answer = await api.http.post("/api/strategies/start", content=body)
        else:
            wanted = {field: value for field, value in (START | body).items() if value is not None}
            answer = await api.http.post("/api/strategies/start", json=wanted)
    assert (answer.status_code, named in answer.json()["detail"]) == (status, True), answer.json()
    assert not outside.cluster.objects


async def test_a_body_too_large_is_refused() -> None:
    async with answering(Outside(), settings(max_body_bytes=1000)) as api:
        answer = await api.http.post("/api/strategies/start", content=b" " * 1001)
    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")


@pytest.mark.parametrize(
    ("phase", "report_phase", "suspend", "status"),
    [
        pytest.param(None, None, False, "loading", id="the operator has not seen it"),
        pytest.param("Pending", None, False, "loading", id="Pending"),
        pytest.param("Loading", None, False, "loading", id="Loading"),
        pytest.param("Running", None, False, "active", id="Running"),
        pytest.param("Degraded", None, False, "active", id="Degraded still runs"),
        pytest.param("Failed", None, False, "error", id="Failed"),
        pytest.param("Completed", None, False, "inactive", id="Completed"),
        pytest.param("Running", None, True, "paused", id="suspended, the operator has not seen it"),
        pytest.param("Loading", RunPhase.RUNNING, False, "active", id="the runner knows better"),
        pytest.param("Running", RunPhase.FAILED, False, "error", id="the runner has failed"),
        pytest.param("Suspended", RunPhase.RUNNING, True, "paused", id="suspended, the runner has not heard"),
    ],
)
async def test_the_platforms_words_for_phases(
    phase: str | None, report_phase: RunPhase | None, suspend: bool, status: str
) -> None:
    outside = Outside()
    run = an_inline_run(outside, suspend=suspend)
    run["status"] = {"phase": phase, "incarnation": 1} if phase else {}
    if report_phase is not None:
        report(outside, run["metadata"]["uid"], report_phase)
    async with answering(outside) as api:
        answer = (await api.http.get("/api/strategies/elsewhere/rsi-dip/status")).json()
        active = (await api.http.get("/api/strategies/active/list")).json()
    assert answer["status"] == status
    assert [found["status"] for found in active] == ([status] if status not in {"paused", "inactive"} else [])


async def test_the_status_of_a_run() -> None:
    outside = Outside()
    run = an_inline_run(outside)
    run["status"] = {
        "phase": "Running",
        "incarnation": 1,
        "runner": {"podName": "rsi-dip-run", "startedAt": "2026-01-02T03:05:00Z"},
    }
    error = RunError(reason=Fault.TIMEOUT, message="took longer than 30 s", time=utc(0), file="main.py", line=12)
    report(outside, run["metadata"]["uid"], last_error=error)
    async with answering(outside) as api:
        answer = await api.http.get("/api/strategies/elsewhere/rsi-dip/status")
    assert answer.json() == {
        "execution_id": "uid-of-rsi-dip",
        "strategy_id": "elsewhere/rsi-dip",
        "status": "active",
        "started_at": "2026-01-02T03:05:00Z",
        "last_execution": "1970-01-01T00:01:00Z",
        "signals_generated": 5,
        "error_count": 2,
        "last_error": "Timeout: main.py:12: took longer than 30 s",
        "phase": "Running",
    }


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"reported_at": now() - timedelta(seconds=90)}, id="a stale report"),
        pytest.param({"incarnation": 1}, id="a report of an older incarnation"),
    ],
)
async def test_a_report_that_does_not_count(changes: dict[str, Any]) -> None:
    outside = Outside()
    run = an_inline_run(outside)
    run["status"] = {"phase": "Running", "incarnation": 2}
    report(outside, run["metadata"]["uid"], RunPhase.FAILED, **({"incarnation": 2} | changes))
    async with answering(outside) as api:
        answer = (await api.http.get("/api/strategies/elsewhere/rsi-dip/status")).json()
    assert (answer["status"], answer["signals_generated"]) == ("active", 0)


async def test_the_list_is_of_the_owner_newest_first_and_in_pages() -> None:
    outside = Outside()
    an_inline_run(outside, "old")
    an_inline_run(outside, "strange", owner={"userId": "7"})
    an_inline_run(outside, "nobodys", owner=None)
    outside.cluster.objects["elsewhere", "nobodys"]["spec"].pop("owner")
    outside.cluster.objects["elsewhere", "broken"] = {
        "metadata": {"name": "broken", "namespace": "elsewhere"},
        "spec": {"source": {}, "from": "a newer version"},
    }
    async with answering(outside) as api:
        await start(api)
        whole = (await api.http.get("/api/strategies/list")).json()
        page = (await api.http.get("/api/strategies/list?limit=1&offset=1")).json()
        drawn = (await api.http.get("/api/strategies/list?source=no_code")).json()
    assert [item["strategy_id"] for item in whole["strategies"]] == [ID, "elsewhere/old"]
    assert (whole["total_count"], whole["limit"], whole["offset"]) == (2, 50, 0)
    assert [item["strategy_id"] for item in page["strategies"]] == ["elsewhere/old"]
    assert page["total_count"] == 2
    assert [item["source"] for item in drawn["strategies"]] == ["no_code"]
    expected = {"strategy_id", "source", "name", "description", "status", "created_at", "updated_at", "tags"}
    assert expected <= whole["strategies"][0].keys()


async def test_the_details_of_an_inline_strategy_hold_its_files() -> None:
    outside = Outside()
    an_inline_run(outside, parameters={"a": 1})
    async with answering(outside) as api:
        found = (await api.http.get("/api/strategies/elsewhere%2Frsi-dip?source=inline")).json()
        by_execution = await api.http.get("/api/strategies/uid-of-rsi-dip")
        strange = await api.http.get("/api/strategies/elsewhere/rsi-dip", headers=bearer(a_token(7, "bob")))
    assert found["files"]["main.py"] == {
        "filename": "main.py",
        "content": "def generate_signals(data, parameters): ...",
        "file_type": "py",
    }
    assert found["parameters"] == {"a": 1}
    assert by_execution.json()["strategy_id"] == "elsewhere/rsi-dip"
    assert (strange.status_code, strange.json()["detail"]) == (404, "Strategy not found: elsewhere/rsi-dip")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("POST", "/stop", 400), ("GET", "/status", 404), ("GET", "", 404), ("DELETE", "", 404)],
)
async def test_to_a_stranger_a_run_does_not_exist(method: str, path: str, status: int) -> None:
    outside = Outside()
    async with answering(outside) as api:
        await start(api)
        answer = await api.http.request(method, f"/api/strategies/{ID}{path}", headers=bearer(a_token(7, "bob")))
        assert answer.status_code == status
        assert (await api.http.get(f"/api/strategies/{ID}/status")).status_code == 200


async def test_delete_deletes() -> None:
    outside = Outside()
    async with answering(outside) as api:
        await start(api)
        answer = await api.http.delete(f"/api/strategies/{ID}?source=no_code")
        assert answer.status_code == 200
        assert answer.json()["strategy_id"] == ID
        assert not outside.cluster.objects
        status = await api.http.get(f"/api/strategies/{ID}/status")
    assert (status.status_code, status.json()["detail"]) == (404, "Strategy not running")


@pytest.mark.parametrize(("method", "path"), [("POST", "/stop"), ("DELETE", "")])
async def test_what_lives_in_another_namespace_is_changed_there(method: str, path: str) -> None:
    outside = Outside()
    an_inline_run(outside)
    async with answering(outside) as api:
        answer = await api.http.request(method, f"/api/strategies/elsewhere/rsi-dip{path}")
    assert answer.status_code == 400
    assert "namespace elsewhere" in answer.json()["detail"]
    assert "suspend" not in only(outside)["spec"]


async def test_without_the_api_server_strategies_are_503_and_signals_are_not() -> None:
    outside = Outside()
    outside.cluster.available = False
    async with answering(outside) as api:
        answers = [await start(api), await api.http.get("/api/strategies/list")]
        assert [answer.status_code for answer in answers] == [503, 503]
        assert (await api.http.get("/api/signals/list")).status_code == 200


async def test_a_change_by_somebody_else_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The object changes between reading and writing: the write is repeated on what is there now."""
    outside = Outside()
    async with answering(outside) as api:
        await start(api)
        reading = outside.cluster.get

        async def get_and_be_late(name: str) -> Manifest | None:
            found = await reading(name)
            if found is not None and found["metadata"]["resourceVersion"] == "1":
                await outside.cluster.update(await reading(name) or {})
            return found

        monkeypatch.setattr(outside.cluster, "get", get_and_be_late)
        assert (await api.http.post(f"/api/strategies/{ID}/stop")).status_code == 200
    assert only(outside)["spec"]["suspend"] is True
