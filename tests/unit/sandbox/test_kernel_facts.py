"""What is read from /proc and cgroups, and what is asked of Landlock, by tables: the kernels are not all here."""

from pathlib import Path

import pytest

from strategy_sandbox.box.landlock import file_rights, network_rights, scopes
from strategy_sandbox.box.rlimits import MARGIN_BYTES, SMALLEST_HEAP_BYTES, address_space
from strategy_sandbox.oom_counter import find_counter_file, read_count
from strategy_sandbox.process_facts import ProcessMemory, memory_of, parse_memory, thread_count

MIB = 1 << 20


def test_sizes_of_a_process_are_bytes() -> None:
    text = "Name:\tx\nVmPeak:\t  900 kB\nVmSize:\t  800 kB\nVmHWM:\t  300 kB\nVmRSS:\t  200 kB\nThreads:\t1\n"
    assert parse_memory(text) == ProcessMemory(
        virtual_bytes=800 * 1024, resident_bytes=200 * 1024, peak_resident_bytes=300 * 1024
    )


def test_a_process_that_is_gone_or_a_zombie_has_no_memory() -> None:
    assert memory_of(2**22 + 1) == ProcessMemory()
    assert parse_memory("Name:\tx\nState:\tZ (zombie)\n") == ProcessMemory()


def test_this_process_has_threads() -> None:
    assert thread_count() >= 1


def test_a_worker_may_add_what_the_warden_leaves_of_the_container() -> None:
    warden = ProcessMemory(virtual_bytes=160 * MIB, resident_bytes=70 * MIB)
    assert address_space(512 * MIB, warden) == 160 * MIB + 442 * MIB - MARGIN_BYTES
    assert address_space(64 * MIB, warden) == 160 * MIB + SMALLEST_HEAP_BYTES


V2 = {"membership": "0::/kubepods/pod1/strategy\n", "file": "memory.events", "text": "low 0\noom 3\noom_kill 2\n"}
V1 = {
    "membership": "4:cpu,cpuacct:/x\n9:memory:/kubepods/pod1/strategy\n1:name=systemd:/x\n0::/x\n",
    "file": "memory.oom_control",
    "text": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
}


@pytest.mark.parametrize(
    ("version", "folder"),
    [
        pytest.param(V2, "kubepods/pod1/strategy", id="v2, on the node"),
        pytest.param(V2, "", id="v2, in a container that sees its cgroup as the root"),
        pytest.param(V1, "memory/kubepods/pod1/strategy", id="v1, on the node"),
        pytest.param(V1, "memory", id="v1, in a container that sees its cgroup as the root"),
    ],
)
def test_oom_kills_are_counted_in_our_own_cgroup(tmp_path: Path, version: dict[str, str], folder: str) -> None:
    counter = tmp_path / "cgroup" / folder / version["file"]
    counter.parent.mkdir(parents=True)
    counter.write_text(version["text"])
    (tmp_path / "membership").write_text(version["membership"])
    found = find_counter_file(tmp_path / "cgroup", tmp_path / "membership")
    assert found == counter
    assert read_count(found) == 2


def test_where_no_counter_can_be_read_none_is_claimed(tmp_path: Path) -> None:
    (tmp_path / "membership").write_text(V1["membership"])
    assert find_counter_file(tmp_path, tmp_path / "membership") is None
    assert read_count(None) == read_count(tmp_path / "gone") == 0
    (tmp_path / "old").write_text("oom_kill_disable 0\n")
    assert read_count(tmp_path / "old") == 0


@pytest.mark.parametrize(
    ("abi", "rights", "network", "scope"),
    [
        pytest.param(1, 13, 0, 0, id="ABI 1: files"),
        pytest.param(2, 14, 0, 0, id="ABI 2: and refer"),
        pytest.param(3, 15, 0, 0, id="ABI 3: and truncate"),
        pytest.param(4, 15, 3, 0, id="ABI 4: and TCP"),
        pytest.param(5, 16, 3, 0, id="ABI 5: and device ioctl"),
        pytest.param(6, 16, 3, 3, id="ABI 6: and scopes"),
        pytest.param(9, 16, 3, 3, id="a later one: what we know"),
    ],
)
def test_landlock_takes_all_that_the_kernel_knows(abi: int, rights: int, network: int, scope: int) -> None:
    assert (file_rights(abi), network_rights(abi), scopes(abi)) == ((1 << rights) - 1, network, scope)
