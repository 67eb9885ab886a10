"""The archive in memory does what the real ones do."""

from datetime import datetime
from typing import Any

import pytest

from strategy_archives import START, a_described, a_stored, an_id
from strategy_contracts.signal import StrategySource
from strategy_sources.errors import SourceUnavailable
from strategy_sources.memory_archive import MemoryArchive
from strategy_sources.wanted import Wanted
from suites.archive_suite import ArchiveSuite, ArchiveUnderTest


class TestMemoryArchive(ArchiveSuite):
    @pytest.fixture
    def archive(self) -> ArchiveUnderTest:
        archive = MemoryArchive(StrategySource.NO_CODE)

        async def put(number: int, owner: Any, *, name: str, updated_at: datetime) -> None:
            wanted = Wanted(an_id(number), user_id=owner.user_id)
            described = a_described(number, name=name, created_at=START, updated_at=updated_at, wanted=wanted)
            archive.put(described, a_stored(described))

        return ArchiveUnderTest(archive, put)

    async def test_one_that_is_down_says_so(self) -> None:
        archive = MemoryArchive(StrategySource.AI_ML, available=False)
        with pytest.raises(SourceUnavailable, match="ai_ml"):
            await archive.check()
