"""`up`: from whatever state the machine is in to a running cluster; what runs with the same inputs is left alone."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from . import (
    broker_and_stores,
    containerd,
    debian,
    endpoints,
    exclusive,
    images,
    kafka,
    kind,
    network,
    node,
    preconditions,
    processes,
    procfs,
    tear_down,
    toolchain,
    traces,
)
from .endpoints import Endpoints
from .layout import NODE_NAME, Layout


def up(layout: Layout, services_only: bool = False) -> Endpoints:
    preconditions.check()
    layout.state.mkdir(parents=True, exist_ok=True, mode=0o755)
    with exclusive.held(layout.state / "lock"):
        if any(record.boot_id != procfs.boot_id() for record in processes.records(layout).values()):
            tear_down.clear(layout)
        with_kind = not services_only and kind.usable()
        own_kubernetes = not services_only and not with_kind
        debian.install({**debian.SERVICE_PACKAGES, **(debian.KUBERNETES_PACKAGES if own_kubernetes else {})})
        artifacts = _prepare(layout) if own_kubernetes else None
        traces.remember(layout)
        network.ensure_bridge()
        broker_and_stores.ensure(layout)
        reached = endpoints.of_services(layout)
        if artifacts:
            node.ensure(layout, artifacts)
            reached = _with_kubernetes(layout, reached, artifacts.kubectl, artifacts.helm)
        elif with_kind:
            kind.up(layout)
            reached = _with_kubernetes(layout, reached, toolchain.kubectl(layout), toolchain.helm(layout))
        elif (known := Endpoints.load(layout.endpoints_file)) and known.has_kubernetes:
            # Only the services were asked for, but Kubernetes is up too: its addresses stay known.
            reached = known
        layout.endpoints_file.write_text(reached.render())
    return reached


def _prepare(layout: Layout) -> node.Artifacts:
    """Compiling keeps the processors busy while downloads wait for the network, so they go side by side."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        compiled = pool.submit(lambda: (toolchain.kubernetes(layout), toolchain.helm(layout)))
        fetched = pool.submit(_fetch, layout)
        kubectl, image_keys = fetched.result()
        binaries, helm = compiled.result()
    return node.Artifacts(binaries, kubectl, helm, image_keys)


def _fetch(layout: Layout) -> tuple[Path, dict[str, str]]:
    kubectl = toolchain.kubectl(layout)
    kafka.jars(layout)
    return kubectl, {
        containerd.PAUSE_IMAGE: images.pause_image(layout),
        images.PYTHON_IMAGE: images.python_image(layout),
    }


def _with_kubernetes(layout: Layout, services: Endpoints, kubectl: Path, helm: Path) -> Endpoints:
    return replace(
        services,
        kubeconfig=str(layout.admin_kubeconfig),
        kubectl=str(kubectl),
        helm=str(helm),
        node_name=NODE_NAME,
        audit_log=str(layout.log / "audit.log"),
    )
