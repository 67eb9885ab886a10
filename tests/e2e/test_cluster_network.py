"""What the other tests of the cluster rely on in its network."""

import asyncio
from ipaddress import ip_network

import pytest

from local_cluster.layout import SERVICE_NETWORK

OF_NO_SERVICE = str(ip_network(SERVICE_NETWORK)[-2])
KERNEL_GIVES_UP_WITHIN_S = 15


@pytest.mark.usefixtures("endpoints")
async def test_an_address_that_no_service_has_leads_nowhere() -> None:
    """Otherwise a request that comes before the rules of kube-proxy would leave the machine, and be answered there."""
    async with asyncio.timeout(KERNEL_GIVES_UP_WITHIN_S):
        with pytest.raises(OSError, match=OF_NO_SERVICE):
            await asyncio.open_connection(OF_NO_SERVICE, 80)
