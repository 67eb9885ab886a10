"""What the machine says about itself, understood; and refusals that tell its owner what to do."""

from typing import Any

import pytest

from local_cluster import kafka, listeners, mounts, postgres, preconditions, toolchain, traces
from local_cluster.endpoints import Endpoints
from local_cluster.errors import MachineUnfit


@pytest.mark.parametrize(
    ("text", "version"),
    [
        pytest.param("go version go1.26.8 linux/amd64", (1, 26, 8), id="answer of the program"),
        pytest.param("module x\n\ngo 1.26.0\n\nrequire (\n)\n", (1, 26, 0), id="go.mod"),
        pytest.param("go version devel +abc", (), id="a development build is no version"),
    ],
)
def test_go_version(text: str, version: tuple[int, ...]) -> None:
    assert toolchain.go_version(text) == version


@pytest.mark.parametrize(
    ("text", "version"),
    [
        pytest.param('openjdk version "17.0.15" 2025-04-15', 17, id="modern"),
        pytest.param('java version "1.8.0_402"', 8, id="before Java 9"),
        pytest.param("command not found", 0, id="none"),
    ],
)
def test_java_version(text: str, version: int) -> None:
    assert kafka.java_version(text) == version


UBUNTU = 'ID=ubuntu\nID_LIKE=debian\nPRETTY_NAME="Ubuntu 24.04"\n'
FEDORA = 'ID=fedora\nPRETTY_NAME="Fedora Linux 42"\n'


def test_systems_of_the_debian_family_are_accepted() -> None:
    preconditions.require_debian(preconditions.os_release(UBUNTU), "x86_64")


def test_other_systems_and_processors_are_refused_by_name() -> None:
    with pytest.raises(MachineUnfit, match="Fedora Linux 42 is not supported"):
        preconditions.require_debian(preconditions.os_release(FEDORA), "x86_64")
    with pytest.raises(MachineUnfit, match="riscv64"):
        preconditions.require_debian(preconditions.os_release(UBUNTU), "riscv64")


def test_too_little_memory_is_refused_with_both_numbers() -> None:
    mib = preconditions.total_memory_mib("MemTotal:        4046028 kB\nMemFree: 1 kB\n")

    with pytest.raises(MachineUnfit, match=r"3951 MiB .* needs 6144 MiB"):
        preconditions.require_memory(mib)


HEADER = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
LISTENING_ON_BRIDGE = "   0: 0100580A:4A94 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0  0 4711 1\n"
LISTENING_EVERYWHERE = "   1: 00000000:4A94 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0  0 4712 1\n"
CONNECTED = "   2: 0100580A:4A94 0200580A:C001 01 00000000:00000000 00:00000000 00000000  0  0 4713 1\n"


def test_a_port_is_taken_by_listeners_on_our_address_or_on_all() -> None:
    table = HEADER + LISTENING_ON_BRIDGE + LISTENING_EVERYWHERE + CONNECTED

    assert list(listeners.listening_inodes(table, 19092, [listeners.hexadecimal("10.88.0.1")])) == [4711, 4712]
    assert list(listeners.listening_inodes(table, 19092, [listeners.hexadecimal("127.0.0.1")])) == [4712]
    assert list(listeners.listening_inodes(table, 19093, [listeners.hexadecimal("10.88.0.1")])) == []


MOUNTS = """\
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
23 22 0:5 / /proc rw,nosuid shared:5 - proc proc rw
24 22 0:6 / /mnt/with\\040blank rw master:5 - tmpfs tmpfs rw
"""


def test_mount_points_and_their_propagation() -> None:
    assert mounts.points(MOUNTS) == ["/", "/proc", "/mnt/with blank"]
    assert mounts.private_points(MOUNTS) == ["/"]


def test_shared_memory_that_nobody_has_mapped() -> None:
    table = "  key  shmid perms  size nattch   uid\n  1  9  600  56  0  101\n  2  14  600  56  6  101\n"

    assert postgres.unattached_segments(table) == {"9"}


def test_endpoints_survive_being_written_and_read() -> None:
    endpoints = Endpoints(
        "10.88.0.1", "10.88.0.1:19092", "postgresql://u:p@h/a", "b", "c", "redis://h", kubeconfig="/k"
    )

    assert Endpoints.parse(endpoints.render()) == endpoints
    assert endpoints.has_kubernetes


def a_machine(**changes: Any) -> traces.Traces:
    quiet: dict[str, Any] = {
        "boot_id": "1",
        "mounts": ["/"],
        "private_mounts": ["/"],
        "interfaces": ["lo"],
        "network_namespaces": [],
        "filter_rules": [],
        "pod_cgroups": [],
        "settings": {"net/ipv4/ip_forward": "0"},
    }
    return traces.Traces(**{**quiet, **changes})


def test_everything_that_was_not_there_before_is_a_difference() -> None:
    after = a_machine(
        mounts=["/", "/var/x"],
        private_mounts=["/var/x"],
        interfaces=["lo", "strategy0"],
        network_namespaces=["cni-1"],
        filter_rules=["iptables nat :KUBE-SERVICES -"],
        pod_cgroups=["/sys/fs/cgroup/memory/kubepods"],
        settings={"net/ipv4/ip_forward": "1"},
    )

    assert traces.differences(a_machine(), after) == [
        "mount /var/x",
        "network interface strategy0",
        "network namespace cni-1",
        "packet filter rule iptables nat :KUBE-SERVICES -",
        "cgroup /sys/fs/cgroup/memory/kubepods",
        "mount propagation of /",
        "setting net/ipv4/ip_forward = 1",
    ]


def test_what_others_removed_meanwhile_is_no_difference() -> None:
    before = a_machine(interfaces=["lo", "tun0"], mounts=["/", "/mnt"], private_mounts=["/", "/mnt"])

    assert traces.differences(before, a_machine()) == []
