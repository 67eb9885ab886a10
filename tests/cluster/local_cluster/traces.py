"""What the cluster changes outside its own directories: taken before the first start, compared after `down`."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from . import cgroups, containerd, iptables, mounts, network, processes, procfs
from .layout import Layout


@dataclass(frozen=True)
class Traces:
    boot_id: str
    mounts: list[str]
    private_mounts: list[str]
    interfaces: list[str]
    network_namespaces: list[str]
    filter_rules: list[str]
    pod_cgroups: list[str]
    settings: dict[str, str]


def now() -> Traces:
    names = network.NETWORK_NAMESPACES
    return Traces(
        boot_id=procfs.boot_id(),
        mounts=mounts.now(),
        private_mounts=mounts.now_private(),
        interfaces=sorted(network.interfaces()),
        network_namespaces=sorted(path.name for path in names.iterdir()) if names.is_dir() else [],
        filter_rules=sorted(
            f"{tool} {rule}" for tool in iptables.TOOLS for rule in iptables.rules(iptables.saved(tool))
        ),
        pod_cgroups=[str(root) for root in cgroups.pod_roots()],
        settings=network.settings(),
    )


def remember(layout: Layout) -> None:
    """Keeps the state of before the first start; later starts of the same boot must not overwrite it."""
    if before(layout) is None:
        file = layout.state / "before.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(asdict(now()), indent=1))


def before(layout: Layout) -> Traces | None:
    file = layout.state / "before.json"
    if not file.exists():
        return None
    found = Traces(**json.loads(file.read_text()))
    return found if found.boot_id == procfs.boot_id() else None


def forget(layout: Layout) -> None:
    (layout.state / "before.json").unlink(missing_ok=True)


def differences(before: Traces, after: Traces) -> list[str]:
    """What is there now and was not, and settings with another value; what others removed meanwhile is theirs."""
    kinds: Iterable[tuple[str, list[str], list[str]]] = (
        ("mount", before.mounts, after.mounts),
        ("network interface", before.interfaces, after.interfaces),
        ("network namespace", before.network_namespaces, after.network_namespaces),
        ("packet filter rule", before.filter_rules, after.filter_rules),
        ("cgroup", before.pod_cgroups, after.pod_cgroups),
    )
    found = [f"{kind} {thing}" for kind, old, new in kinds for thing in sorted(set(new) - set(old))]
    still = set(before.private_mounts) & set(after.mounts)
    found += [f"mount propagation of {point}" for point in sorted(still - set(after.private_mounts))]
    found += [
        f"setting {name} = {value}"
        for name, value in after.settings.items()
        if before.settings.get(name, value) != value
    ]
    return found


def surviving_processes(layout: Layout) -> list[int]:
    """Every process that is ours by its record, by its pod's cgroup or as the parent of a container."""
    recorded = {record.pid for record in processes.records(layout).values() if processes.alive(record)}
    return sorted(recorded | cgroups.pod_processes() | set(containerd.shims(layout)))
