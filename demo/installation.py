"""The product on the local cluster, as a person installs it: images, chart, example strategies.

Uses the cluster's tool, Helm and kubectl as programs. Runs on a plain Python 3.11.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local_cluster import commands
from local_cluster.endpoints import Endpoints
from local_cluster.errors import ClusterError, CommandFailed, NotReady
from local_cluster.progress import say, step

ROOT = Path(__file__).parents[1]
CLUSTER_TOOL = ROOT / "tests/cluster/cluster.py"
CHART = ROOT / "helm/strategy-operator"
VALUES = ROOT / "demo/values.yaml"
EXAMPLES = ROOT / "examples"

NOT_RUNNING = "the demonstration does not run on this machine: `make demo` starts it"
RELEASE, NAMESPACE = "strategy-operator", "demo"
IMAGES = {
    "Dockerfile.operator": "localhost/strategy-operator:demo",
    "Dockerfile.runner": "localhost/strategy-runner:demo",
}
NAMESPACE_MANIFEST = {
    "apiVersion": "v1",
    "kind": "Namespace",
    "metadata": {"name": NAMESPACE, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}},
}


@dataclass(frozen=True)
class Installation:
    """The demonstration on a cluster that runs."""

    endpoints: Endpoints

    @classmethod
    def existing(cls) -> "Installation":
        endpoints = Endpoints.load()
        if endpoints is None or not endpoints.has_kubernetes:
            raise NotReady(NOT_RUNNING)
        return cls(endpoints)

    @property
    def url(self) -> str:
        """The API on the node's own port."""
        try:
            service = json.loads(self.kubectl("get", "service", "strategy-service", "-o", "json"))
        except CommandFailed as error:
            raise NotReady(NOT_RUNNING) from error
        nodes = json.loads(self.kubectl("get", "nodes", "-o", "json"))["items"]
        address = next(item["address"] for item in nodes[0]["status"]["addresses"] if item["type"] == "InternalIP")
        return f"http://{address}:{service['spec']['ports'][0]['nodePort']}"

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        environment = {"KUBECONFIG": self.endpoints.kubeconfig}
        return commands.run(self.endpoints.kubectl, "--namespace", NAMESPACE, *arguments, stdin=stdin, env=environment)

    def install(self, image_keys: Mapping[str, str]) -> None:
        """`helm upgrade --install`, until every process is Ready."""
        connections = {
            "kafka": {"bootstrapServers": self.endpoints.kafka_bootstrap_servers},
            "redis": {"url": self.endpoints.redis_url},
            "signalDatabase": {"url": self.endpoints.signal_database_url},
            "databases": {
                "noCode": {"url": self.endpoints.no_code_database_url},
                "aiMl": {"url": self.endpoints.ai_ml_database_url},
            },
        }
        # The tag stays the same, so a new image must show in the pods for them to be replaced.
        mark = {"podAnnotations": {"strategy-operator/image": image_keys["Dockerfile.operator"]}}
        processes = dict.fromkeys(("operator", "api", "marketGateway"), mark)
        self.kubectl("apply", "-f", "-", stdin=json.dumps(NAMESPACE_MANIFEST))
        # The definition outlives releases: whoever installs next takes it over.
        commands.run(
            *(self.endpoints.helm, "upgrade", RELEASE, CHART, "--install", "--namespace", NAMESPACE),
            *("--values", VALUES, "--values", "-", "--wait", "--timeout", "120s", "--take-ownership"),
            stdin=json.dumps(connections | processes),
            env={"KUBECONFIG": self.endpoints.kubeconfig},
        )

    def run_examples(self) -> None:
        """Apply the example strategies anew and wait until all are Ready."""
        files = [word for path in sorted(EXAMPLES.glob("*.yaml")) for word in ("--filename", str(path))]
        self.kubectl("delete", "--ignore-not-found", "--timeout=60s", *files)
        self.kubectl("apply", *files)
        self.kubectl("wait", "tradingstrategies", "--all", "--for=condition=Ready", "--timeout=90s")

    def instructions(self) -> str:
        """How to watch it, to be copied into another terminal."""
        url = self.url
        return f"""\
  live signals         make demo-watch
                       curl -N -H 'Accept: text/event-stream' {url}/api/signals/stream
                       {url.replace("http", "ws", 1)}/api/signals/stream  send {{"type":"subscribe","symbols":["*"]}}
  signals so far       curl '{url}/api/signals/list?limit=5'
  running strategies   curl {url}/api/strategies/active/list
  health, metrics      curl {url}/health/status ; curl {url}/metrics
  the cluster          export KUBECONFIG={self.endpoints.kubeconfig}
                       alias kubectl='{self.endpoints.kubectl} --namespace {NAMESPACE}'
                       kubectl get tradingstrategies --watch
                       kubectl describe tradingstrategy rsi-dip
                       kubectl logs --follow rsi-dip-runner --container supervisor
  the end              make demo-down"""

    def what_went_wrong(self) -> str:
        """What a person would look at next."""
        texts = []
        for arguments in (
            ("get", "tradingstrategies,pods", "-o", "wide"),
            ("get", "events", "--field-selector=type=Warning", "--sort-by=.lastTimestamp"),
            ("logs", "--selector=app.kubernetes.io/part-of=strategy-operator", "--prefix", "--tail=4"),
        ):
            try:
                texts.append("\n".join(self.kubectl(*arguments).splitlines()[-20:]))
            except CommandFailed as error:
                texts.append(str(error))
        return "\n\n".join(texts)


def bring_up() -> Installation:
    """From any state of the machine to strategies that run."""
    cluster("up")
    keys = {dockerfile: cluster("image", str(ROOT / dockerfile), tag).split()[-1] for dockerfile, tag in IMAGES.items()}
    installation = Installation.existing()
    try:
        with step("installing the chart"):
            installation.install(keys)
        with step("starting the example strategies"):
            installation.run_examples()
    except CommandFailed as error:
        raise NotReady(f"{error}\n\n{installation.what_went_wrong()}") from error
    return installation


def take_down(*, keep_cluster: bool) -> None:
    """Everything away; what the cluster kept in memory and on disk goes with it."""
    if not keep_cluster:
        cluster("down")
        return
    installation = Installation.existing()
    with step("uninstalling"):
        installation.kubectl("delete", "tradingstrategies", "--all", "--timeout=60s")
        commands.run(
            *(
                installation.endpoints.helm,
                "uninstall",
                RELEASE,
                "--namespace",
                NAMESPACE,
                "--ignore-not-found",
                "--wait",
            ),
            env={"KUBECONFIG": installation.endpoints.kubeconfig},
        )
        installation.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--timeout=120s")


def cluster(*arguments: str) -> str:
    """The cluster's own tool, its progress passed on as it comes; its last line is the answer."""
    last = ""
    with subprocess.Popen(  # noqa: S603 - our own tool
        [sys.executable, str(CLUSTER_TOOL), *arguments], stdout=subprocess.PIPE, text=True, env=os.environ
    ) as tool:
        assert tool.stdout is not None
        for text in tool.stdout:
            last = text.rstrip("\n")
            say(last)
    if tool.returncode != 0:
        raise ClusterError(f"`cluster.py {arguments[0]}` ended with {tool.returncode}; the reason is above")
    return last
