"""`down`: ends what we started and gives the machine back as it was, also after an unclean death."""

import contextlib
import shutil
from pathlib import Path

from . import (
    cgroups,
    containerd,
    exclusive,
    images,
    iptables,
    kind,
    listeners,
    mounts,
    network,
    postgres,
    processes,
    traces,
)
from .errors import ClusterError
from .layout import Layout
from .progress import say, step

# Before their pods are killed, or they would start them again.
FIRST = ("kubelet", "kube-controller-manager", "kube-scheduler", "kube-proxy", "coredns")
# Without its etcd the API server would wait for it instead of ending.
SECOND = ("kube-apiserver",)
CONTAINER_LOG_LINKS = Path("/var/log/containers")
DEVICE_PLUGIN_SOCKET = Path("/var/lib/kubelet/device-plugins/kubelet.sock")
# Made at fixed places by kubelet and the CNI library, whatever directories they are given.
FIXED_DIRECTORIES = (
    "/var/log/containers",
    "/var/lib/kubelet/device-plugins",
    "/var/lib/kubelet",
    "/var/lib/cni/results",
    "/var/lib/cni",
)


def down(layout: Layout) -> list[str]:
    """Returns what could not be removed: nothing, if all is well."""
    if not layout.state.exists():
        say("  there is no cluster on this machine")
        return []
    with exclusive.held(layout.state / "lock"), step("taking the cluster down"):
        kind.down(layout)
        before = traces.before(layout)
        clear(layout)
        left = traces.differences(before, traces.now()) if before else []
        left += [f"process {pid}" for pid in traces.surviving_processes(layout)]
        if not left:
            traces.forget(layout)
        return left


def clear(layout: Layout) -> None:
    """Every step finds what is there by itself, so that it also works on the ruins of a crash."""
    layout.endpoints_file.unlink(missing_ok=True)
    images_kept = _end_processes(layout)
    before = traces.before(layout)
    mounts.unmount_below(layout.state)
    mounts.unmount_below(layout.images / "storage")
    if before:
        network.remove_pod_namespaces(set(before.network_namespaces))
    network.remove_bridge()
    iptables.remove_ours()
    cgroups.remove()
    containerd.wipe(layout, images_kept)
    containerd.remove_dead_sockets()
    _clear_fixed_places(layout)
    postgres.remove_shared_memory(layout)
    shutil.rmtree(layout.data, ignore_errors=True)
    shutil.rmtree(layout.run, ignore_errors=True)
    if before:
        network.restore_settings(before.settings)
        mounts.make_private(before.private_mounts)


def _end_processes(layout: Layout) -> bool:
    """True when the container runtime ended with clean books, so that its images can stay."""
    records = processes.records(layout)
    processes.stop([record for name, record in records.items() if name in FIRST], layout)
    processes.kill(sorted(cgroups.pod_processes()))
    processes.kill(containerd.shims(layout))
    forgotten = _forget_containers(layout)
    stubborn = processes.stop([record for name, record in records.items() if name in SECOND], layout)
    stubborn += processes.stop([record for name, record in records.items() if name not in (*FIRST, *SECOND)], layout)
    if stubborn:
        say(f"  had to be killed: {', '.join(stubborn)}")
    return forgotten


def _forget_containers(layout: Layout) -> bool:
    if not images.running(layout):
        return False
    with contextlib.suppress(ClusterError):
        return containerd.forget_containers(layout)
    return False


def _clear_fixed_places(layout: Layout) -> None:
    """Takes our files out of directories that others may use too, and the directories when nothing is left in them."""
    if CONTAINER_LOG_LINKS.is_dir():
        for link in CONTAINER_LOG_LINKS.iterdir():
            if link.is_symlink() and str(link.readlink()).startswith(f"{layout.state}/"):
                link.unlink()
    if not listeners.unix_socket_bound(DEVICE_PLUGIN_SOCKET):
        DEVICE_PLUGIN_SOCKET.unlink(missing_ok=True)
    for directory in map(Path, FIXED_DIRECTORIES):
        with contextlib.suppress(OSError):  # missing, or not empty
            directory.rmdir()


def clean(layout: Layout) -> None:
    """Removes the state and our caches: the next `up` starts from nothing."""
    mounts.unmount_below(layout.images)
    shutil.rmtree(layout.state, ignore_errors=True)
    for pattern in ("kubernetes-*", "helm-*", "go-*", "kubectl-*", "kind-*", "kafka-*", "images"):
        for path in layout.cache.glob(pattern):
            shutil.rmtree(path)
