"""Topics are made once, by whoever comes first, and never altered."""

import asyncio
import secrets

import pytest

from integration.log.private_broker import PrivateBroker
from strategy_contracts.topics import TOPICS, Topic
from strategy_process.kafka_topics import TopicMismatch, TopicsUnavailable, ensure_topics


def some_topics(strict: bool, partitions: int = 3) -> list[Topic]:
    name = f"test-{secrets.token_hex(4)}"
    return [Topic(name=name, partitions=partitions, settings={"retention.ms": "60000"}, strict=strict)]


async def test_what_is_missing_is_made_once(private_broker: PrivateBroker) -> None:
    (topic,) = topics = some_topics(strict=True)
    assert await ensure_topics(private_broker.servers, topics, replication_factor=1) == [topic.name]
    assert await ensure_topics(private_broker.servers, [*topics, *TOPICS], replication_factor=1) == []


async def test_operators_that_start_together_do_not_disturb_each_other(private_broker: PrivateBroker) -> None:
    (topic,) = topics = some_topics(strict=True)
    made = await asyncio.gather(
        *(ensure_topics(private_broker.servers, topics, replication_factor=1) for _ in range(4))
    )
    assert [name for names in made for name in names] == [topic.name]


async def test_a_platforms_topic_may_have_any_number_of_partitions(private_broker: PrivateBroker) -> None:
    (topic,) = topics = some_topics(strict=False)
    await ensure_topics(private_broker.servers, topics, replication_factor=1)
    other = Topic(name=topic.name, partitions=5, settings=topic.settings)
    assert await ensure_topics(private_broker.servers, [other], replication_factor=1) == []


async def test_a_strict_topic_with_another_number_is_refused(private_broker: PrivateBroker) -> None:
    (topic,) = topics = some_topics(strict=True)
    await ensure_topics(private_broker.servers, topics, replication_factor=1)
    other = Topic(name=topic.name, partitions=5, settings=topic.settings, strict=True)
    with pytest.raises(TopicMismatch, match=f"topic {topic.name} has 3 partitions and must have 5"):
        await ensure_topics(private_broker.servers, [other], replication_factor=1)


async def test_what_the_broker_refuses_is_said_in_its_words(private_broker: PrivateBroker) -> None:
    with pytest.raises(TopicsUnavailable, match=r"InvalidReplicationFactorError: test-\w+: .*replication factor"):
        await ensure_topics(private_broker.servers, some_topics(strict=False), replication_factor=3)


async def test_a_broker_that_is_away_is_an_error_to_try_again() -> None:
    with pytest.raises(TopicsUnavailable, match=r"topics on 127\.0\.0\.1:9: KafkaConnectionError"):
        await ensure_topics("127.0.0.1:9", replication_factor=1)
