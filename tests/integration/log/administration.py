"""What an administrator, or an accident, does to the log."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.protocol.admin import DeleteGroupsRequest


class Administration:
    """A few requests of Kafka's administration."""

    def __init__(self, client: AIOKafkaAdminClient) -> None:
        self._client = client

    async def delete_group(self, group: str) -> None:
        coordinator = await self._client.find_coordinator(group)
        answer = await self._client._client.send(coordinator, DeleteGroupsRequest([group]))
        assert [code for _, code in answer.results] == [0], answer

    async def cut_off(self, partition: TopicPartition, before_offset: int) -> None:
        """What retention does: everything before the offset is gone."""
        await self._client.delete_records({partition: RecordsToDelete(before_offset)})

    async def set_topic(self, name: str, **settings: str) -> None:
        """All settings of the topic at once; what is not named gets the broker's default."""
        (answer,) = await self._client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, settings)])
        assert [resource[0] for resource in answer.resources] == [0], answer


@asynccontextmanager
async def administration(servers: str) -> AsyncIterator[Administration]:
    """An administrator for the length of a block."""
    client = AIOKafkaAdminClient(bootstrap_servers=servers)
    try:
        await client.start()
        yield Administration(client)
    finally:
        await client.close()
