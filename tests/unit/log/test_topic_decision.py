"""Which topics are made, and which existing ones cannot be used."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategy_contracts.topics import STRATEGY_CHECKPOINTS, TOPICS, TRADING_SIGNALS
from strategy_process.kafka_topics import TopicMismatch, missing_topics


def names(existing: dict[str, int]) -> list[str]:
    return [topic.name for topic in missing_topics(TOPICS, existing)]


def test_on_an_empty_broker_all_are_made() -> None:
    assert missing_topics(TOPICS, {}) == list(TOPICS)


def test_on_a_platform_with_topics_of_its_own_only_the_others_are_made() -> None:
    assert TRADING_SIGNALS not in names({TRADING_SIGNALS: 3, "orders": 1})


@given(st.sets(st.sampled_from([topic.name for topic in TOPICS])))
def test_what_is_there_is_left_alone(present: set[str]) -> None:
    existing = {topic.name: topic.partitions for topic in TOPICS if topic.name in present}
    assert set(names(existing)) == {topic.name for topic in TOPICS} - present


@pytest.mark.parametrize("partitions", [1, 11, 13])
def test_checkpoints_in_another_number_of_partitions_are_refused(partitions: int) -> None:
    with pytest.raises(TopicMismatch, match=f"strategy_checkpoints has {partitions} partitions and must have 12"):
        missing_topics(TOPICS, {STRATEGY_CHECKPOINTS: partitions})
