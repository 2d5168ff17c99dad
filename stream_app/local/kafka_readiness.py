"""When a broker that was just started serves clients."""

import asyncio

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from stream_app.local.broker import BrokerAddress
from stream_app.local.processes import ManagedProcess

RETRY_S = 0.05
REQUEST_TIMEOUT_MS = 2_000


def wait_until_ready(process: ManagedProcess, address: BrokerAddress, cluster_id: str, timeout_s: float) -> bool:
    """Return True once this very cluster answers, its broker registered; False if the process ends or time is up."""
    return asyncio.run(_wait(process, address, cluster_id, timeout_s))


async def _wait(process: ManagedProcess, address: BrokerAddress, cluster_id: str, timeout_s: float) -> bool:
    try:
        async with asyncio.timeout(timeout_s):
            while process.is_alive():
                if await _accepts_connections(address) and await _serves(address, cluster_id):
                    return True
                await asyncio.sleep(RETRY_S)
    except TimeoutError:
        return False
    return False


async def _accepts_connections(address: BrokerAddress) -> bool:
    """Asked first, because aiokafka logs every refused connection as an error."""
    host, _, port = address.bootstrap.rpartition(":")
    try:
        _, writer = await asyncio.open_connection(host, int(port))
    except OSError:
        return False
    writer.close()
    return True


async def _serves(address: BrokerAddress, cluster_id: str) -> bool:
    """Compare the cluster's id too, because another broker may have taken the port meanwhile."""
    admin = AIOKafkaAdminClient(bootstrap_servers=address.bootstrap, request_timeout_ms=REQUEST_TIMEOUT_MS)
    try:
        await admin.start()
        cluster = await admin.describe_cluster()
    except (KafkaError, TimeoutError):
        return False
    finally:
        await admin.close()
    return bool(cluster["cluster_id"] == cluster_id and cluster["brokers"])
