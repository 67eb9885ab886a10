"""The log in memory keeps the promises of the real one."""

from collections.abc import Sequence

import pytest

from builders import EXECUTION_ID
from strategy_contracts.signal import Signal
from strategy_runner.signal_sinks.memory_sink import MemoryLog, MemorySink
from unit.log.sink_behaviour import MakeSink, Published, SinkBehaviour


class TestMemorySink(SinkBehaviour):
    @pytest.fixture
    def execution(self) -> str:
        return EXECUTION_ID

    @pytest.fixture
    def log(self) -> MemoryLog:
        return MemoryLog()

    @pytest.fixture
    def make(self, log: MemoryLog) -> MakeSink:
        return lambda incarnation: MemorySink(incarnation, log)

    @pytest.fixture
    def published(self, log: MemoryLog) -> Published:
        async def published() -> Sequence[Signal]:
            return log.signals

        return published
