"""The topics on the log: which are wanted, which exist, which are made.

Topics that the platform made before us may have any number of partitions; where a checkpoint is looked for depends
on the number, so a strict topic must have exactly the one of its contract.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from strategy_contracts.topics import TOPICS, Topic

_TIMEOUT_S: Final = 30.0
_REQUEST_TIMEOUT_MS: Final = 10_000
_POLL_S: Final = 0.1


class TopicMismatch(Exception):
    """An existing topic cannot be used as it is: a person must decide what becomes of it."""


class TopicsUnavailable(Exception):
    """The broker did not answer or refused: try again later."""


def missing_topics(wanted: Iterable[Topic], existing: Mapping[str, int]) -> list[Topic]:
    """The wanted topics that are not there; `existing` gives partitions by name. Raises TopicMismatch."""
    missing = []
    for topic in wanted:
        partitions = existing.get(topic.name)
        if partitions is None:
            missing.append(topic)
        elif topic.strict and partitions != topic.partitions:
            raise TopicMismatch(
                f"topic {topic.name} has {partitions} partitions and must have {topic.partitions}: with another number "
                f"strategies would look for their checkpoints in the wrong place and publish signals twice. "
                f"Give it {topic.partitions} partitions, or delete it while no strategy runs."
            )
    return missing


async def ensure_topics(
    bootstrap_servers: str, topics: Sequence[Topic] = TOPICS, *, replication_factor: int
) -> list[str]:
    """Make the topics that are missing and wait until they are there; the names of those made here.

    Raises TopicMismatch, or TopicsUnavailable when the broker is away or refuses.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, request_timeout_ms=_REQUEST_TIMEOUT_MS)
    created: list[str] = []
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            await admin.start()
            # A topic shows a moment after it was made; another operator may make the same ones now.
            while missing := missing_topics(topics, await _partitions(admin)):
                created += await _create(admin, missing, replication_factor)
                await asyncio.sleep(_POLL_S)
    except (KafkaError, OSError) as error:
        raise TopicsUnavailable(f"topics on {bootstrap_servers}: {str(error) or type(error).__name__}") from error
    finally:
        await admin.close()
    return created


async def _partitions(admin: Any) -> dict[str, int]:
    # All topics: asking for one by name would make it on a broker that creates what it is asked for.
    return {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics()}


async def _create(admin: Any, missing: Sequence[Topic], replication_factor: int) -> list[str]:
    answer = await admin.create_topics(
        [
            NewTopic(topic.name, topic.partitions, replication_factor, topic_configs=dict(topic.settings))
            for topic in missing
        ]
    )
    created = []
    for name, code, *message in answer.topic_errors:
        error = for_code(code)
        if code == 0:
            created.append(name)
        elif error is not TopicAlreadyExistsError:
            raise error(f"{name}: {' '.join(text for text in message if text)}")
    return created
