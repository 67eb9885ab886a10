"""What the other tests of the cluster rely on in its network."""

import asyncio

import pytest

from local_cluster.endpoints import Endpoints

OF_NO_SERVICE = "10.96.255.254"
KERNEL_GIVES_UP_WITHIN_S = 15


async def test_an_address_that_no_service_has_leads_nowhere(endpoints: Endpoints) -> None:
    """Otherwise a request that comes before the rules of kube-proxy would leave the machine, and be answered there."""
    assert endpoints.has_kubernetes
    async with asyncio.timeout(KERNEL_GIVES_UP_WITHIN_S):
        with pytest.raises(OSError, match=OF_NO_SERVICE):
            await asyncio.open_connection(OF_NO_SERVICE, 80)
