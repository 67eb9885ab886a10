"""Lists over two databases and the cluster: complete, in one order, private, and honest about what is missing."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from api_serving import Api, Outside, a_token, answering, bearer
from strategy_api.cursor import encode_list_cursor
from strategy_archives import START, a_described, a_stored, an_id
from strategy_contracts.signal import StrategySource
from strategy_sources.errors import SourceRefused
from strategy_sources.listing import Order, Position
from strategy_sources.memory_archive import MemoryArchive
from strategy_sources.wanted import Wanted

NO_CODE, AI_ML = StrategySource.NO_CODE, StrategySource.AI_ML
BOB = a_token(43, "bob")
A_CURSOR = encode_list_cursor(Order(), Position("2026-01-01T00:00:00.000000", NO_CODE, an_id(1)))


@dataclass
class World:
    """The outside world with two strategy databases."""

    outside: Outside = field(default_factory=Outside)
    no_code: MemoryArchive = field(default_factory=lambda: MemoryArchive(NO_CODE))
    ai_ml: MemoryArchive = field(default_factory=lambda: MemoryArchive(AI_ML))

    def serving(self) -> Any:
        return answering(self.outside, archives=[self.no_code, self.ai_ml])

    def put(self, number: int, source: StrategySource = NO_CODE, stored: Any = None, **changes: Any) -> str:
        described = a_described(number, source, **changes)
        archive = self.no_code if source is NO_CODE else self.ai_ml
        archive.put(described, a_stored(described, **(stored or {})))
        return described.strategy_id


@pytest.fixture
def world() -> World:
    return World()


async def listed(api: Api, query: str = "", path: str = "/api/strategies/list", token: str | None = None) -> Any:
    answer = await api.http.get(path + query, headers=bearer(token))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def start(api: Api, strategy_id: str, source: str = "no_code", token: str | None = None) -> Any:
    body = {"strategy_id": strategy_id, "source": source, "symbols": ["BTCUSDT"], "timeframe": "1h"}
    return await api.http.post("/api/strategies/start", json=body, headers=bearer(token))


def ids(page: Any) -> list[str]:
    return [item["strategy_id"] for item in page["strategies"]]


async def test_a_page_holds_both_databases_last_changed_first(world: World) -> None:
    world.put(
        1, name="RSI", description="dips", tags=("a",), category="custom", version="v3", compilation_status="success"
    )
    world.put(2, AI_ML, stored_status="draft", performance={"total_return": 0.5})
    world.put(3)
    async with world.serving() as api:
        page = await listed(api)
        alias = await listed(api, path="/api/strategies")
    assert ids(page) == [an_id(3), an_id(2), an_id(1)]
    assert page["total_count"] == page["total"] == 3
    assert (page["limit"], page["offset"], page["warnings"]) == (50, 0, [])
    assert alias == page
    assert page["strategies"][2] == {
        "strategy_id": an_id(1),
        "id": an_id(1),
        "source": "no_code",
        "name": "RSI",
        "description": "dips",
        "status": "inactive",
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:01:00Z",
        "tags": ["a"],
        "stored_status": None,
        "version": "v3",
        "execution_id": None,
        "category": "custom",
        "compilation_status": "success",
        "public": False,
    }
    assert page["strategies"][1]["performance"] == {"total_return": 0.5, "total_trades": None}
    assert page["strategies"][1]["stored_status"] == "draft"


@pytest.mark.parametrize("sort", ["updated_at", "-updated_at", "name:desc", "name", "created_at", "-created_at"])
async def test_pages_neither_repeat_nor_lose_rows(world: World, sort: str) -> None:
    for number in range(30):
        # Ties in every field, and the same ids on both sides.
        changes = {"name": f"Same {number % 3}", "updated_at": START if number % 2 else None}
        world.put(number, NO_CODE, **changes)
        world.put(number, AI_ML, **changes)
    async with world.serving() as api:
        await start(api, an_id(7))
        whole = await listed(api, f"?limit=100&sort={sort}")
        pages = [await listed(api, f"?limit=7&offset={offset}&sort={sort}") for offset in range(0, 63, 7)]
    together = [(item["source"], item["id"]) for page in pages for item in page["strategies"]]
    assert together == [(item["source"], item["id"]) for item in whole["strategies"]]
    assert len(set(together)) == 60
    assert {page["total_count"] for page in pages} == {60}


@pytest.mark.parametrize("sort", ["updated_at", "-updated_at", "name:desc", "name", "created_at", "-created_at"])
@pytest.mark.parametrize("limit", [1, 7, 60])
async def test_pages_by_cursor_neither_repeat_nor_lose_what_stays(world: World, sort: str, limit: int) -> None:
    for number in range(30):
        changes = {"name": f"Same {number % 3}", "updated_at": START if number % 2 else None}
        world.put(number, NO_CODE, **changes)
        world.put(number, AI_ML, **changes)
    seen: list[tuple[str, str]] = []
    gone, query = set(), f"&sort={sort}"
    async with world.serving() as api:
        await start(api, an_id(7))
        only_a_run = world.put(2000, AI_ML)
        assert (await start(api, only_a_run, source="ai_ml")).status_code == 200
        world.ai_ml.rows = {w: r for w, r in world.ai_ml.rows.items() if w.strategy_id != only_a_run}
        while query:
            page = await listed(api, f"?limit={limit}{query}")
            seen += [(item["source"], item["id"]) for item in page["strategies"]]
            query = page["next_cursor"] and f"&cursor={page['next_cursor']}"
            # What was shown goes, and new strategies come at both ends.
            source, strategy_id = seen[-1]
            if strategy_id not in {an_id(7), only_a_run}:
                archive = world.no_code if source == NO_CODE else world.ai_ml
                gone.add(strategy_id)
                archive.rows = {
                    wanted: row for wanted, row in archive.rows.items() if wanted.strategy_id != strategy_id
                }
            for name in ("", "~"):
                world.put(1000 + len(world.no_code.rows) + len(world.ai_ml.rows), NO_CODE, name=name)
            if len(seen) > 200:
                break
    assert gone
    assert len(seen) == len(set(seen))
    assert {(source, an_id(number)) for source in (NO_CODE, AI_ML) for number in range(30)} <= set(seen)
    assert (AI_ML, only_a_run) in seen


async def test_a_strategy_that_runs_is_one_entry_with_its_state(world: World) -> None:
    one, two = world.put(1), world.put(2)
    async with world.serving() as api:
        started = (await start(api, one)).json()
        page = await listed(api)
        running = await listed(api, "?status=loading")
        resting = await listed(api, "?status=inactive,paused")
        both = await listed(api, "?status=inactive,loading")
    assert ids(page) == [two, one]
    assert [(item["status"], item["execution_id"]) for item in page["strategies"]] == [
        ("inactive", None),
        ("loading", started["execution_id"]),
    ]
    assert (ids(running), running["total_count"]) == ([one], 1)
    assert (ids(resting), resting["total_count"]) == ([two], 1)
    assert both["total_count"] == 2


async def test_filters(world: World) -> None:
    world.put(1, name="RSI 100%")
    world.put(2, AI_ML, name="rsi")
    world.put(3, name="MACD")
    async with world.serving() as api:
        assert ids(await listed(api, "?filter=RSI")) == [an_id(2), an_id(1)]
        assert ids(await listed(api, "?filter=%25")) == [an_id(1)]
        assert ids(await listed(api, "?source=ai_ml")) == [an_id(2)]
        assert ids(await listed(api, "?source=inline")) == []


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("?sort=owner", "sort"),
        ("?filter=%00", "filter"),
        ("?filter=" + "x" * 101, "filter"),
        ("?offset=-1", "offset"),
        ("?offset=99999999999999999999", "offset"),
        ("?limit=0", "limit"),
        ("?cursor=abc", "cursor"),
        ("?cursor=" + "x" * 5000, "cursor"),
        (f"?cursor={A_CURSOR}&sort=name", "cursor"),
        ("?source=github", "source"),
    ],
)
async def test_a_wrong_parameter_is_named(world: World, query: str, named: str) -> None:
    async with world.serving() as api:
        answer = await api.http.get(f"/api/strategies/list{query}")
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, named)


async def test_one_database_down_costs_its_rows_and_nothing_else(world: World) -> None:
    one, two = world.put(1), world.put(2)
    three = world.put(3, AI_ML)
    async with world.serving() as api:
        await start(api, one)
        world.no_code.available = False
        page = await listed(api)
        assert sorted(ids(page)) == sorted([three, one])
        assert page["total_count"] == 2
        sentence = "The database of no_code strategies does not answer; only those with a run are shown"
        assert page["warnings"] == [sentence]
        shown = next(item for item in page["strategies"] if item["id"] == one)
        assert shown["status"] == "loading"
        assert (await api.http.get(f"/api/strategies/{three}")).status_code == 200
        assert (await api.http.get(f"/api/strategies/{one}")).status_code == 200
        answer = await api.http.get(f"/api/strategies/{two}")
        assert (answer.status_code, "no_code" in answer.json()["detail"]) == (503, True)
        assert (await api.http.get(f"/api/strategies/{two}?source=ai_ml")).status_code == 404


async def test_a_run_whose_row_was_deleted_is_still_listed(world: World) -> None:
    one = world.put(1)
    async with world.serving() as api:
        await start(api, one)
        world.no_code.rows.clear()
        page = await listed(api)
        details = (await api.http.get(f"/api/strategies/{one}")).json()
    assert ids(page) == [one]
    assert (details["strategy_id"], details["files"]) == (one, {})


async def test_a_list_is_the_callers_own(world: World) -> None:
    one = world.put(1, public=True)
    async with world.serving() as api:
        assert (await listed(api, token=BOB))["total_count"] == 0
        assert ids(await listed(api)) == [one]


async def test_source_code_is_its_owners(world: World) -> None:
    drawing = {"nodes": []}
    one = world.put(1, stored={"drawing": drawing})
    two = world.put(2, public=True)
    async with world.serving() as api:
        own = (await api.http.get(f"/api/strategies/{one}")).json()
        strange = await api.http.get(f"/api/strategies/{one}", headers=bearer(BOB))
        public = (await api.http.get(f"/api/strategies/{two}", headers=bearer(BOB))).json()
    assert own["files"]["main.py"] == {"filename": "main.py", "content": "x = 1\n", "file_type": "py"}
    assert own["files"]["workflow.json"]["content"] == '{"nodes": []}'
    assert (own["code"], own["parameters"], own["problem"]) == ("x = 1\n", {"period": 14}, None)
    assert (strange.status_code, strange.json()["detail"]) == (404, f"Strategy not found: {one}")
    assert (public["name"], public["public"]) == ("Strategy 2", True)
    assert (public["files"], public["code"], public["parameters"]) == ({}, None, {})


async def test_the_details_of_a_run_and_its_row_are_one_answer(world: World) -> None:
    one = world.put(1)
    async with world.serving() as api:
        started = (await start(api, one)).json()
        for asked in (one, one.upper(), started["execution_id"]):
            details = (await api.http.get(f"/api/strategies/{asked}")).json()
            assert (details["strategy_id"], details["name"]) == (one, "Strategy 1")
            assert (details["symbols"], details["timeframe"]) == (["BTCUSDT"], "1h")
            assert details["execution_id"] == started["execution_id"]


async def test_an_id_of_both_databases_needs_its_source(world: World) -> None:
    one = world.put(1, name="drawn")
    world.put(1, AI_ML, name="written")
    async with world.serving() as api:
        answer = await api.http.get(f"/api/strategies/{one}")
        assert (answer.status_code, answer.json()["title"]) == (409, "Ambiguous")
        assert "source=no_code or source=ai_ml" in answer.json()["detail"]
        for source, name in (("no_code", "drawn"), ("ai_ml", "written")):
            assert (await api.http.get(f"/api/strategies/{one}?source={source}")).json()["name"] == name


async def test_what_cannot_be_run_says_so_in_its_details(world: World) -> None:
    refusal = SourceRefused("BundleTooLarge", "the stored code has 9 bytes")
    one = world.put(1, stored={"files": {}, "refusal": refusal})
    async with world.serving() as api:
        assert (await api.http.get(f"/api/strategies/{one}")).json()["problem"] == "the stored code has 9 bytes"


async def test_a_workflow_may_be_named_by_its_number_and_is_answered_by_its_uuid(world: World) -> None:
    one = world.put(1)
    numbered = a_described(1)
    # As the real database does: found under the number that was asked for.
    world.no_code.numbers["17"] = one
    async with world.serving() as api:
        started = await start(api, "17")
        assert started.status_code == 200, started.text
        (resource,) = world.outside.cluster.objects.values()
        assert resource["spec"]["source"] == {"noCode": {"workflowId": one}}
        status = (await api.http.get("/api/strategies/17/status")).json()
        assert status["strategy_id"] == one
        assert (await api.http.get("/api/strategies/17")).json()["id"] == numbered.strategy_id
        assert (await api.http.post("/api/strategies/17/stop")).status_code == 200
        assert (await api.http.delete("/api/strategies/17?source=no_code")).status_code == 200
        assert (await api.http.get("/api/strategies/17", headers=bearer(BOB))).status_code == 404
        assert (await start(api, "17", token=BOB)).status_code == 422, "to him it is no id at all"


@pytest.mark.parametrize(
    "hostile",
    ["' OR 1=1 --", "../../etc/passwd", "%", "%00", "%F0%9F%A6%80", "0", "x" * 3000, "list%2F..", "%ED%A0%80"],
)
async def test_a_hostile_id_is_not_found(world: World, hostile: str) -> None:
    world.put(1)
    async with world.serving() as api:
        answer = await api.http.get(f"/api/strategies/{hostile}?source=no_code")
    assert answer.status_code == 404


async def test_a_person_without_a_number_has_no_workflows_of_others(world: World) -> None:
    world.put(1, wanted=Wanted(an_id(1), user_id="42"))
    async with world.serving() as api:
        assert (await listed(api, token=a_token(None, "carol")))["total_count"] == 0
