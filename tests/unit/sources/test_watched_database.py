"""Many ask for one strategy each; the database is asked once for all."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import pytest

from strategy_contracts.signal import StrategySource
from strategy_sources.errors import SourceUnavailable
from strategy_sources.stored_strategy import StoredStrategy
from strategy_sources.wanted import Wanted
from strategy_sources.watched_database import WatchedDatabase


@dataclass(frozen=True)
class Person:
    user_id: str | None = "42"
    subject: str | None = None


ALICE, BOB = Person(), Person("43")


class Database:
    """Alice's content by id; counts questions."""

    def __init__(self) -> None:
        self.content: dict[str, str] = {}
        self.asked: list[tuple[str, frozenset[str]]] = []
        self.away = False

    async def fingerprints(self, wanted: Collection[Wanted]) -> dict[Wanted, str]:
        await self._answer("fingerprints", wanted)
        return {one: self.content[one.strategy_id] for one in wanted if self._has(one)}

    async def load(self, wanted: Collection[Wanted]) -> dict[Wanted, StoredStrategy]:
        await self._answer("load", wanted)
        return {one: self._strategy(one.strategy_id) for one in wanted if self._has(one)}

    async def close(self) -> None:
        pass

    def _has(self, one: Wanted) -> bool:
        return one.strategy_id in self.content and one.user_id == ALICE.user_id

    def _strategy(self, key: str) -> StoredStrategy:
        return StoredStrategy(
            strategy_id=key,
            source=StrategySource.NO_CODE,
            owner_field="user_id",
            owner_id="42",
            files={"main.py": self.content[key]},
        )

    async def _answer(self, question: str, wanted: Collection[Wanted]) -> None:
        await asyncio.sleep(0)
        self.asked.append((question, frozenset(one.strategy_id for one in wanted)))
        if self.away:
            raise SourceUnavailable("No-Code database: connection refused")


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def watched(database: Database, told: list[str]) -> WatchedDatabase:
    return WatchedDatabase(database, "No-Code", 30, told.append)


async def test_a_hundred_questions_are_few_queries(watched: WatchedDatabase, database: Database) -> None:
    database.content = {f"id-{number}": "code" for number in range(100)}
    found = await asyncio.gather(*(watched.load(key, ALICE) for key in database.content))
    assert [strategy.strategy_id for strategy in found if strategy] == list(database.content)
    assert [question for question, _ in database.asked] == ["fingerprints", "load"]


async def test_two_that_ask_for_the_same_get_the_same(watched: WatchedDatabase, database: Database) -> None:
    database.content = {"a": "code"}
    one, two, none = await asyncio.gather(
        watched.load("a", ALICE), watched.load("a", ALICE), watched.load("nobody's", ALICE)
    )
    assert one is two
    assert none is None


async def test_the_same_id_for_another_owner_is_another_question(
    watched: WatchedDatabase, database: Database, told: list[str]
) -> None:
    database.content = {"a": "1"}
    hers, his = await asyncio.gather(watched.load("a", ALICE), watched.load("a", BOB))
    assert hers is not None
    assert his is None
    assert await watched.load("a", None) is None
    database.content = {"a": "2"}
    await watched.look()
    assert told == ["a"], "once, although three ask for it"
    watched.forget("a")
    database.asked.clear()
    await watched.look()
    assert database.asked == []


async def test_a_look_is_one_query_and_tells_only_of_changes(
    watched: WatchedDatabase, database: Database, told: list[str]
) -> None:
    database.content = {"same": "1", "changed": "1", "vanishes": "1"}
    await asyncio.gather(*(watched.load(key, ALICE) for key in ("same", "changed", "vanishes", "appears")))
    database.asked.clear()
    await watched.look()
    assert told == []
    database.content = {"same": "1", "changed": "2", "appears": "1"}
    await watched.look()
    await watched.look()
    assert sorted(told) == ["appears", "changed", "vanishes"]
    assert [question for question, _ in database.asked] == ["fingerprints"] * 3


async def test_nothing_is_asked_when_nobody_wants_anything(watched: WatchedDatabase, database: Database) -> None:
    await watched.load("a", ALICE)
    watched.forget("a")
    database.asked.clear()
    await watched.look()
    assert database.asked == []


async def test_a_database_that_goes_away_is_told_once_and_again_when_it_is_back(
    watched: WatchedDatabase, database: Database, told: list[str]
) -> None:
    database.content = {"a": "1"}
    await watched.load("a", ALICE)
    database.away = True
    await watched.look()
    await watched.look()
    assert told == ["a"]
    with pytest.raises(SourceUnavailable, match="refused"):
        await watched.load("a", ALICE)
    database.away = False
    await watched.look()
    assert told == ["a", "a"]
    assert await watched.load("a", ALICE) is not None


async def test_while_it_is_away_nobody_waits_for_it(watched: WatchedDatabase, database: Database) -> None:
    database.away = True
    with pytest.raises(SourceUnavailable):
        await watched.load("a", ALICE)
    database.asked.clear()
    results = await asyncio.gather(*(watched.load(f"id-{n}", ALICE) for n in range(50)), return_exceptions=True)
    assert all(isinstance(result, SourceUnavailable) for result in results)
    assert database.asked == []


async def test_one_that_asked_while_it_was_away_hears_when_it_is_back(
    watched: WatchedDatabase, database: Database, told: list[str]
) -> None:
    database.away = True
    with pytest.raises(SourceUnavailable):
        await watched.load("a", ALICE)
    told.clear()
    database.away = False
    await watched.look()
    assert told == ["a"], "also when there is still no such strategy"


async def test_one_that_gives_up_waiting_disturbs_nobody(watched: WatchedDatabase, database: Database) -> None:
    database.content = {"a": "1", "b": "1"}
    impatient = asyncio.create_task(watched.load("a", ALICE))
    patient = asyncio.create_task(watched.load("b", ALICE))
    await asyncio.sleep(0)
    impatient.cancel()
    found: Any = await patient
    assert found.strategy_id == "b"
    await watched.close()
