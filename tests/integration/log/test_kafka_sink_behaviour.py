"""The real log keeps the promises that every sink makes."""

from collections.abc import Callable, Sequence

import pytest

from integration.log import log_reader
from integration.log.log_reader import fresh_execution
from strategy_contracts.signal import Signal
from strategy_runner.signal_sinks.kafka_sink import KafkaSink
from unit.log.sink_behaviour import MakeSink, Published, SinkBehaviour


class TestKafkaSink(SinkBehaviour):
    @pytest.fixture
    def execution(self) -> str:
        return fresh_execution()

    @pytest.fixture
    def make(self, execution: str, make_sink: Callable[..., KafkaSink]) -> MakeSink:
        return lambda incarnation: make_sink(execution, incarnation)

    @pytest.fixture
    def published(self, servers: str, execution: str) -> Published:
        async def published() -> Sequence[Signal]:
            return await log_reader.published(servers, execution)

        return published
