"""The bridge that carries node, services and pods, and the kernel settings they need; both given back by `down`."""

import contextlib
import json
import shutil
from pathlib import Path

from . import commands
from .errors import CommandFailed, MachineUnfit
from .layout import BRIDGE, CNI_NETWORK, NODE_IP, NODE_NETWORK, SERVICE_NETWORK

SYSCTL = Path("/proc/sys")
WANTED_SETTINGS = {"net/ipv4/ip_forward": "1", "net/bridge/bridge-nf-call-iptables": "1"}
# Changed by kubelet and kube-proxy on their own; remembered so that they too are given back.
TOUCHED_SETTINGS = (
    "vm/overcommit_memory",
    "vm/panic_on_oom",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
    "net/ipv4/conf/all/route_localnet",
)
MODULES = ("overlay", "br_netfilter")
NETWORK_NAMESPACES = Path("/run/netns")
CNI_RESULTS = Path("/var/lib/cni/results")


def ensure_bridge() -> None:
    links = json.loads(commands.run("ip", "-json", "address"))
    ours = next((link for link in links if link["ifname"] == BRIDGE), None)
    if ours is None:
        _require_free(NODE_NETWORK)
        commands.run("ip", "link", "add", BRIDGE, "type", "bridge")
    if ours is None or not any(address.get("local") == NODE_IP for address in ours["addr_info"]):
        commands.run("ip", "address", "add", f"{NODE_IP}/{NODE_NETWORK.partition('/')[2]}", "dev", BRIDGE)
    commands.run("ip", "link", "set", BRIDGE, "up")


def keep_service_addresses() -> None:
    """Route them to the bridge, where nobody answers for one that has no rule (yet); the bridge takes the route along.

    Without that such packets leave the machine: before a Service is known, and for the moment in which kube-proxy has
    taken away the rule that refuses it and not yet written the one that leads to its pods.
    """
    _require_free(SERVICE_NETWORK)
    commands.run("ip", "route", "replace", SERVICE_NETWORK, "dev", BRIDGE)


def _require_free(network: str) -> None:
    routes = json.loads(commands.run("ip", "-json", "route"))
    taken = next((route for route in routes if route["dst"] == network and route["dev"] != BRIDGE), None)
    if taken:
        raise MachineUnfit(f"network {network} is already used by interface {taken['dev']}: free it first")


def remove_bridge() -> None:
    """The bridge and whatever is still plugged into it; a pod's other end goes with its namespace."""
    links = json.loads(commands.run("ip", "-json", "link"))
    for link in links:
        if link.get("master") == BRIDGE:
            commands.succeeds("ip", "link", "delete", link["ifname"])
    if any(link["ifname"] == BRIDGE for link in links):
        commands.run("ip", "link", "delete", BRIDGE)


def remove_pod_namespaces(before: set[str]) -> None:
    """Network namespaces that the container runtime made since `before`, and the CNI library's notes about them."""
    if NETWORK_NAMESPACES.is_dir():
        for namespace in NETWORK_NAMESPACES.glob("cni-*"):
            if namespace.name not in before:
                commands.run("ip", "netns", "delete", namespace.name)
        with contextlib.suppress(OSError):  # not empty: somebody else's
            NETWORK_NAMESPACES.rmdir()
    for result in CNI_RESULTS.glob(f"{CNI_NETWORK}-*"):
        sandbox = result.name.removeprefix(f"{CNI_NETWORK}-").partition("-")[0]
        for note in CNI_RESULTS.glob(f"*-{sandbox}-*"):
            note.unlink()


def load_modules() -> None:
    """Many kernels have them built in; then there is nothing to load and nothing to complain about."""
    if shutil.which("modprobe"):
        for module in MODULES:
            commands.succeeds("modprobe", module)


def settings() -> dict[str, str]:
    return {
        name: (SYSCTL / name).read_text().strip()
        for name in (*WANTED_SETTINGS, *TOUCHED_SETTINGS)
        if (SYSCTL / name).exists()
    }


def apply_settings() -> None:
    for name, value in WANTED_SETTINGS.items():
        if not (SYSCTL / name).exists():
            raise MachineUnfit(f"the kernel has no setting {name}: load module br_netfilter")
        (SYSCTL / name).write_text(value)


def restore_settings(before: dict[str, str]) -> None:
    for name, value in before.items():
        if (SYSCTL / name).read_text().strip() != value:
            (SYSCTL / name).write_text(value)


def interfaces() -> set[str]:
    """Names of all network interfaces, for the comparison of before and after."""
    try:
        return {link["ifname"] for link in json.loads(commands.run("ip", "-json", "link"))}
    except (OSError, CommandFailed):
        return set()
