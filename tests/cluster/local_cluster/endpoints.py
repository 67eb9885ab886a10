"""Where the running cluster is reached: written as `cluster.env` by `up`, read by tests, make and demos."""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from . import postgres, redis
from .layout import DEFAULT_STATE, NODE_IP, Layout


@dataclass(frozen=True)
class Endpoints:
    """Each field is a variable of `cluster.env` in capitals; the Kubernetes ones are empty after `up --services`."""

    node_ip: str
    kafka_bootstrap_servers: str
    signal_database_url: str
    no_code_database_url: str
    ai_ml_database_url: str
    redis_url: str
    kubeconfig: str = ""
    kubectl: str = ""
    helm: str = ""
    node_name: str = ""
    audit_log: str = ""

    @classmethod
    def load(cls, path: Path | None = None, environ: Mapping[str, str] = os.environ) -> "Endpoints | None":
        """The endpoints of the cluster on this machine; None when no cluster is up."""
        file = path or Path(environ.get("STRATEGY_CLUSTER_STATE", DEFAULT_STATE)) / "cluster.env"
        return cls.parse(file.read_text()) if file.exists() else None

    @classmethod
    def parse(cls, text: str) -> "Endpoints":
        pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
        return cls(**{name.lower(): value for name, _, value in pairs})

    def render(self) -> str:
        """Lines for `source`, make's `include` and `docker --env-file` alike: no quotes, no blanks in values."""
        return "".join(f"{name.upper()}={value}\n" for name, value in asdict(self).items())

    @property
    def has_kubernetes(self) -> bool:
        return bool(self.kubeconfig)


def of_services(layout: Layout, node_ip: str = NODE_IP) -> Endpoints:
    return Endpoints(
        node_ip=node_ip,
        kafka_bootstrap_servers=f"{node_ip}:{layout.ports.kafka}",
        signal_database_url=postgres.url(layout, "signals"),
        no_code_database_url=postgres.url(layout, "alphintra_nocode"),
        ai_ml_database_url=postgres.url(layout, "alphintra_ai_ml"),
        redis_url=redis.url(layout),
    )
