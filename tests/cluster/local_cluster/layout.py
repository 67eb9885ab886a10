"""Where everything is: directories, addresses and ports. The only module that reads the environment for them.

Ports are the usual ones plus an offset, so that nothing meets a service that the machine already runs.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

BRIDGE = "strategy0"
NODE_NAME = "node-1"
NODE_IP = "10.88.0.1"
NODE_NETWORK = "10.88.0.0/16"
SERVICE_NETWORK = "10.96.0.0/16"
API_SERVICE_IP = "10.96.0.1"
CNI_NETWORK = "strategy-pods"

DEFAULT_STATE = "/var/lib/strategy-operator-cluster"
DEFAULT_PORT_OFFSET = 10_000


@dataclass(frozen=True)
class Ports:
    """Every port we listen on. DNS alone keeps its number: a pod's resolver cannot name another."""

    offset: int = DEFAULT_PORT_OFFSET
    dns: int = 53

    @property
    def etcd(self) -> int:
        return 2379 + self.offset

    @property
    def etcd_peer(self) -> int:
        return 2380 + self.offset

    @property
    def api_server(self) -> int:
        return 6443 + self.offset

    @property
    def kubelet(self) -> int:
        return 10250 + self.offset

    @property
    def kubelet_health(self) -> int:
        return 10248 + self.offset

    @property
    def controller_manager(self) -> int:
        return 10257 + self.offset

    @property
    def scheduler(self) -> int:
        return 10259 + self.offset

    @property
    def proxy_health(self) -> int:
        return 10256 + self.offset

    @property
    def proxy_metrics(self) -> int:
        return 10249 + self.offset

    @property
    def dns_ready(self) -> int:
        return 8181 + self.offset

    @property
    def kafka(self) -> int:
        return 9092 + self.offset

    @property
    def kafka_controller(self) -> int:
        return 9093 + self.offset

    @property
    def postgres(self) -> int:
        return 5432 + self.offset

    @property
    def redis(self) -> int:
        return 6379 + self.offset


@dataclass(frozen=True)
class Layout:
    """`state` is volatile and root's, `cache` survives `down`, `sources` is tests/cluster."""

    state: Path
    cache: Path
    sources: Path
    ports: Ports

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Layout":
        cache = environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
        return cls(
            state=Path(environ.get("STRATEGY_CLUSTER_STATE", DEFAULT_STATE)),
            cache=Path(cache) / "strategy-operator",
            sources=Path(__file__).resolve().parents[1],
            ports=Ports(int(environ.get("STRATEGY_CLUSTER_PORT_OFFSET", DEFAULT_PORT_OFFSET))),
        )

    @property
    def repository(self) -> Path:
        return self.sources.parents[1]

    @property
    def run(self) -> Path:
        return self.state / "run"

    @property
    def log(self) -> Path:
        return self.state / "log"

    @property
    def pki(self) -> Path:
        return self.state / "pki"

    @property
    def config(self) -> Path:
        return self.state / "config"

    @property
    def data(self) -> Path:
        """Everything that `down` wipes: etcd, kubelet, Kafka, PostgreSQL, Redis, CNI."""
        return self.state / "data"

    @property
    def containerd(self) -> Path:
        """Survives `down`: the imported images are in it."""
        return self.state / "containerd"

    @property
    def containerd_socket(self) -> Path:
        return self.state / "containerd.sock"

    @property
    def endpoints_file(self) -> Path:
        return self.state / "cluster.env"

    @property
    def admin_kubeconfig(self) -> Path:
        return self.config / "admin.kubeconfig"

    @property
    def images(self) -> Path:
        return self.cache / "images"
