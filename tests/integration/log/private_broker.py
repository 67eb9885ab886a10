"""A real Kafka broker of a test's own, to be killed, frozen and restarted; its data survives all of that.

It forgets an idle producer after three seconds, where others take a week.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from local_cluster import kafka
from local_cluster.layout import Layout

HEAP = ("-Xmx256m", "-Xms96m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
START_TIMEOUT_S = 60
CLUSTER_ID = "cAAAAAAAAAAAAAAAAAAAAA"

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},PROXIED://127.0.0.1:{behind_proxy},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},PROXIED://127.0.0.1:{proxy}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
transactional.id.expiration.ms=3000
transaction.remove.expired.transaction.cleanup.interval.ms=500
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
log.cleaner.backoff.ms=200
"""


class PrivateBroker:
    """`servers` is its address; `proxied_servers` that of a proxy which the test may put before `behind_proxy`."""

    def __init__(self) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="broker-"))
        self._classes = f"{kafka.jars(Layout.from_environment())}/*"
        self.port, self.behind_proxy, self.proxy, controller = _free_ports(4)
        self.servers, self.proxied_servers = f"127.0.0.1:{self.port}", f"127.0.0.1:{self.proxy}"
        self._settings = self._home / "server.properties"
        self._settings.write_text(
            PROPERTIES.format(
                port=self.port,
                behind_proxy=self.behind_proxy,
                proxy=self.proxy,
                controller=controller,
                data=self._home / "data",
            )
        )
        self._process: subprocess.Popen[bytes] | None = None
        format_log = (
            "kafka.tools.StorageTool",
            "format",
            "--cluster-id",
            CLUSTER_ID,
            "-c",
            self._settings,
        )
        subprocess.run(["java", *HEAP, "-cp", self._classes, *format_log], check=True, capture_output=True)

    def start(self) -> None:
        argv = ["java", *HEAP, "-cp", self._classes, "kafka.Kafka", str(self._settings)]
        self._process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + START_TIMEOUT_S
        while not _accepts(self.port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the broker did not start: {argv}")
            time.sleep(0.1)

    def kill(self) -> None:
        """kill -9, and the end of the process awaited."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def remove(self) -> None:
        self.kill()
        shutil.rmtree(self._home, ignore_errors=True)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        os.kill(self._process.pid, number)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [held.getsockname()[1] for held in sockets]
    for held in sockets:
        held.close()
    return ports


def _accepts(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False
