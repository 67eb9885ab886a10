"""Our own Kubernetes on this machine: its files written, its components started in order, each waited for."""

from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from . import certificates, commands, components, containerd, images, iptables, mounts, network, processes, readiness
from .layout import NODE_IP, NODE_NAME, Layout
from .processes import Program
from .progress import step

DEFAULT_ACCOUNT = "/api/v1/namespaces/default/serviceaccounts/default"


@dataclass(frozen=True)
class Artifacts:
    """What is built or fetched before anything is started."""

    binaries: Path
    kubectl: Path
    helm: Path
    image_keys: dict[str, str]


def ensure(layout: Layout, artifacts: Artifacts) -> None:
    _prepare_machine(layout)
    programs = components.programs(layout, artifacts.binaries)
    started = _ensure_running(layout, [programs["etcd"], programs["kube-apiserver"], containerd.program(layout)])
    api = readiness.ApiServer(layout)
    with step("starting the control plane") if started else nullcontext():
        readiness.wait(layout, "containerd", lambda: containerd.ready(layout))
        readiness.wait(layout, "kube-apiserver", api.ready)
    for tag, key in artifacts.image_keys.items():
        images.load(layout, tag, key)
    _grant_rights(layout, artifacts.kubectl)
    rest = ("kube-controller-manager", "kube-scheduler", "coredns", "kubelet", "kube-proxy")
    started = _ensure_running(layout, [programs[name] for name in rest])
    with step("waiting for the node") if started else nullcontext():
        readiness.wait(layout, "coredns", lambda: readiness.accepts(NODE_IP, layout.ports.dns_ready))
        readiness.wait(layout, "kubelet", lambda: readiness.accepts("127.0.0.1", layout.ports.kubelet_health))
        readiness.wait(layout, "kubelet", lambda: api.node_ready(NODE_NAME))
        readiness.wait(layout, "kube-controller-manager", lambda: api.exists(DEFAULT_ACCOUNT))
        readiness.wait(layout, "kube-proxy", lambda: readiness.accepts("127.0.0.1", layout.ports.proxy_health))


def _prepare_machine(layout: Layout) -> None:
    network.load_modules()
    network.apply_settings()
    network.keep_service_addresses()
    mounts.share_all()
    iptables.allow_forwarding()
    certificates.ensure(layout)
    for path, text in components.configuration_files(layout).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def _ensure_running(layout: Layout, programs: Iterable[Program]) -> list[str]:
    return [program.name for program in programs if processes.ensure_running(program, layout)]


def _grant_rights(layout: Layout, kubectl: Path) -> None:
    """Once per database of objects: the mark lies beside etcd's data and goes with it."""
    granted = layout.data / "rights-granted"
    if not granted.exists():
        manifest = layout.sources / "manifests/coredns-rights.yaml"
        commands.run(kubectl, "--kubeconfig", layout.admin_kubeconfig, "apply", "-f", manifest)
        granted.touch()
