"""Many ask for one strategy each; the database is asked once for all."""

import asyncio
from collections.abc import Collection
from typing import Any

import pytest

from strategy_contracts.signal import StrategySource
from strategy_sources.errors import SourceUnavailable
from strategy_sources.stored_strategy import Listed, Owner, StoredStrategy
from strategy_sources.watched_database import WatchedDatabase


class Database:
    """Content by id; counts questions."""

    def __init__(self) -> None:
        self.content: dict[str, str] = {}
        self.asked: list[tuple[str, frozenset[str]]] = []
        self.away = False

    async def fingerprints(self, ids: Collection[str]) -> dict[str, str]:
        await self._answer("fingerprints", ids)
        return {key: value for key, value in self.content.items() if key in ids}

    async def load(self, ids: Collection[str]) -> dict[str, StoredStrategy]:
        await self._answer("load", ids)
        return {key: self._strategy(key) for key in ids if key in self.content}

    async def owned(self, owner: Owner, limit: int) -> list[Listed]:
        return []

    async def close(self) -> None:
        pass

    def _strategy(self, key: str) -> StoredStrategy:
        return StoredStrategy(
            strategy_id=key,
            source=StrategySource.NO_CODE,
            owner_field="user_id",
            owner_id="42",
            files={"main.py": self.content[key]},
        )

    async def _answer(self, question: str, ids: Collection[str]) -> None:
        await asyncio.sleep(0)
        self.asked.append((question, frozenset(ids)))
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
    found = await asyncio.gather(*(watched.load(key) for key in database.content))
    assert [strategy.strategy_id for strategy in found if strategy] == list(database.content)
    assert [question for question, _ in database.asked] == ["fingerprints", "load"]


async def test_two_that_ask_for_the_same_get_the_same(watched: WatchedDatabase, database: Database) -> None:
    database.content = {"a": "code"}
    one, two, none = await asyncio.gather(watched.load("a"), watched.load("a"), watched.load("nobody's"))
    assert one is two
    assert none is None


async def test_a_look_is_one_query_and_tells_only_of_changes(
    watched: WatchedDatabase, database: Database, told: list[str]
) -> None:
    database.content = {"same": "1", "changed": "1", "vanishes": "1"}
    await asyncio.gather(*(watched.load(key) for key in ("same", "changed", "vanishes", "appears")))
    database.asked.clear()
    await watched.look()
    assert told == []
    database.content = {"same": "1", "changed": "2", "appears": "1"}
    await watched.look()
    await watched.look()
    assert sorted(told) == ["appears", "changed", "vanishes"]
    assert [question for question, _ in database.asked] == ["fingerprints"] * 3


async def test_nothing_is_asked_when_nobody_wants_anything(watched: WatchedDatabase, database: Database) -> None:
    await watched.load("a")
    watched.forget("a")
    database.asked.clear()
    await watched.look()
    assert database.asked == []


async def test_a_database_that_goes_away_is_told_once_and_again_when_it_is_back(
    watched: WatchedDatabase, database: Database, told: list[str]
) -> None:
    database.content = {"a": "1"}
    await watched.load("a")
    database.away = True
    await watched.look()
    await watched.look()
    assert told == ["a"]
    with pytest.raises(SourceUnavailable, match="refused"):
        await watched.load("a")
    database.away = False
    await watched.look()
    assert told == ["a", "a"]
    assert await watched.load("a") is not None


async def test_while_it_is_away_nobody_waits_for_it(watched: WatchedDatabase, database: Database) -> None:
    database.away = True
    with pytest.raises(SourceUnavailable):
        await watched.load("a")
    database.asked.clear()
    results = await asyncio.gather(*(watched.load(f"id-{n}") for n in range(50)), return_exceptions=True)
    assert all(isinstance(result, SourceUnavailable) for result in results)
    assert database.asked == []


async def test_one_that_asked_while_it_was_away_hears_when_it_is_back(
    watched: WatchedDatabase, database: Database, told: list[str]
) -> None:
    database.away = True
    with pytest.raises(SourceUnavailable):
        await watched.load("a")
    told.clear()
    database.away = False
    await watched.look()
    assert told == ["a"], "also when there is still no such strategy"


async def test_one_that_gives_up_waiting_disturbs_nobody(watched: WatchedDatabase, database: Database) -> None:
    database.content = {"a": "1", "b": "1"}
    impatient = asyncio.create_task(watched.load("a"))
    patient = asyncio.create_task(watched.load("b"))
    await asyncio.sleep(0)
    impatient.cancel()
    found: Any = await patient
    assert found.strategy_id == "b"
    await watched.close()
