"""What every strategy archive must do; the one in memory and the platform's real tables pass the same tests.

A test module subclasses the suite and gives a fixture `archive`: an empty one, with a way to put Alice's and Bob's
strategies into it. Alice is user 42 and `alice`, Bob user 43 and `bob`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from strategy_archives import START, an_id
from strategy_sources.listing import ListQuery, Order, SortField, StrategyArchive
from strategy_sources.wanted import Wanted


@dataclass(frozen=True)
class Person:
    user_id: str | None
    subject: str | None


ALICE, BOB, NOBODY = Person("42", "alice"), Person("43", "bob"), Person(None, None)


@dataclass(frozen=True)
class ArchiveUnderTest:
    """`put(number, owner=…, name=…, updated_at=…)` stores a strategy whose id is `an_id(number)`."""

    archive: StrategyArchive
    put: Callable[..., Awaitable[None]]


class ArchiveSuite:
    @pytest.fixture
    async def filled(self, archive: ArchiveUnderTest) -> StrategyArchive:
        """Four of Alice's, one of Bob's."""
        for number, name in enumerate(("RSI 100%", "rsi", "MACD", "macd 2")):
            await archive.put(number, ALICE, name=name, updated_at=START + timedelta(minutes=number // 2))
        await archive.put(9, BOB, name="RSI of Bob", updated_at=START)
        return archive.archive

    async def ids(self, archive: StrategyArchive, owner: Person = ALICE, **query: Any) -> list[str]:
        values: dict[str, Any] = {"owner": owner, "everybody": False, "limit": 10}
        return [found for _, found in (await archive.keys(ListQuery(**(values | query)))).keys]

    async def test_a_list_is_the_owners_last_changed_first(self, filled: StrategyArchive) -> None:
        assert await self.ids(filled) == [an_id(3), an_id(2), an_id(1), an_id(0)]
        assert await self.ids(filled, BOB) == [an_id(9)]
        assert await self.ids(filled, NOBODY) == []
        assert len(await self.ids(filled, NOBODY, everybody=True)) == 5

    async def test_other_orders(self, filled: StrategyArchive) -> None:
        assert await self.ids(filled, order=Order(SortField.UPDATED_AT, descending=False)) == [
            an_id(number) for number in range(4)
        ]
        by_name = [an_id(2), an_id(3), an_id(1), an_id(0)]
        assert await self.ids(filled, order=Order(SortField.NAME, descending=False)) == by_name
        assert await self.ids(filled, order=Order(SortField.NAME)) == by_name[::-1]

    async def test_filters_and_counts(self, filled: StrategyArchive) -> None:
        assert await self.ids(filled, name_part="RSI") == [an_id(1), an_id(0)]
        assert await self.ids(filled, name_part="0%") == [an_id(0)]
        assert await self.ids(filled, only={an_id(1), an_id(9)}) == [an_id(1)]
        assert await self.ids(filled, only=set()) == []
        assert await self.ids(filled, without={an_id(1), an_id(2)}) == [an_id(3), an_id(0)]
        keys = await filled.keys(ListQuery(owner=ALICE, everybody=False, limit=2))
        assert (len(keys.keys), keys.total) == (2, 4)

    @pytest.mark.parametrize("by", SortField)
    @pytest.mark.parametrize("descending", [True, False], ids=["descending", "ascending"])
    async def test_a_list_goes_on_behind_any_place(
        self, filled: StrategyArchive, by: SortField, descending: bool
    ) -> None:
        order = Order(by, descending=descending)
        whole = (await filled.keys(ListQuery(ALICE, everybody=False, limit=9, order=order))).keys
        for number, (key, strategy_id) in enumerate(whole, 1):
            behind = await filled.keys(
                ListQuery(ALICE, everybody=False, limit=9, order=order, behind=(key, strategy_id))
            )
            assert (list(behind.keys), behind.total) == (list(whole[number:]), 4)

    async def test_keys_are_what_the_order_says(self, filled: StrategyArchive) -> None:
        described = await filled.described([an_id(number) for number in range(4)], ALICE, everybody=False)
        for by in SortField:
            order = Order(by)
            for key, strategy_id in (await filled.keys(ListQuery(ALICE, everybody=False, limit=9, order=order))).keys:
                row = described[strategy_id]
                assert row.created_at is not None
                assert row.updated_at is not None
                assert order.key_of(row.name, row.created_at, row.updated_at) == key

    async def test_what_is_described_is_the_askers(self, filled: StrategyArchive) -> None:
        asked = [an_id(0), an_id(9), an_id(77), "' OR true --", "\x00"]
        assert set(await filled.described(asked, ALICE, everybody=False)) == {an_id(0)}
        assert set(await filled.described(asked, NOBODY, everybody=False)) == set()
        assert set(await filled.described(asked, NOBODY, everybody=True)) == {an_id(0), an_id(9)}
        row = (await filled.described([an_id(0)], ALICE, everybody=False))[an_id(0)]
        assert (row.strategy_id, row.name, row.own, row.source) == (an_id(0), "RSI 100%", True, filled.source)

    async def test_content_is_its_owners(self, filled: StrategyArchive) -> None:
        row = (await filled.described([an_id(0)], ALICE, everybody=False))[an_id(0)]
        strange = Wanted(an_id(0), BOB.user_id, BOB.subject)
        found = await filled.load([row.wanted, strange])
        assert set(found) == {row.wanted}
        assert found[row.wanted].strategy_id == an_id(0)

    async def test_it_answers(self, archive: ArchiveUnderTest) -> None:
        await archive.archive.check()
