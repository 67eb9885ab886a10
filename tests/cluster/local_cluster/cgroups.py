"""The cgroups kubelet makes for pods, in every hierarchy of version 1 and in version 2."""

import os
from collections.abc import Iterator
from pathlib import Path

PODS = "kubepods"


def pod_roots() -> list[Path]:
    lines = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    roots = {Path(point) / PODS for _, point, kind, *_ in lines if kind in ("cgroup", "cgroup2")}
    return sorted(root for root in roots if root.is_dir())


def pod_processes() -> set[int]:
    """Every process in a pod: what must die even when the container runtime is gone."""
    return {
        int(pid)
        for root in pod_roots()
        for directory in _bottom_up(root)
        for pid in (directory / "cgroup.procs").read_text().split()
    }


def remove() -> None:
    for root in pod_roots():
        for directory in _bottom_up(root):
            directory.rmdir()


def _bottom_up(root: Path) -> Iterator[Path]:
    for name, _, _ in os.walk(root, topdown=False):
        yield Path(name)
