"""Mounts below our directories, and the propagation of the machine's mounts that Kubernetes wants changed."""

from collections.abc import Iterable
from pathlib import Path

from . import commands

MOUNT_TABLE = Path("/proc/self/mountinfo")


def points(table: str) -> list[str]:
    """Mount points in the order of mounting; the kernel writes blanks as octal escapes."""
    return [line.split()[4].encode().decode("unicode_escape") for line in table.splitlines()]


def private_points(table: str) -> list[str]:
    """Mount points that share with nobody; optional fields stand before the single dash."""
    private = []
    for line in table.splitlines():
        fields = line.split()
        optional = fields[6 : fields.index("-")]
        if not any(field.startswith(("shared:", "master:")) for field in optional):
            private.append(fields[4].encode().decode("unicode_escape"))
    return private


def now() -> list[str]:
    return points(MOUNT_TABLE.read_text())


def now_private() -> list[str]:
    return private_points(MOUNT_TABLE.read_text())


def share_all() -> None:
    commands.run("mount", "--make-rshared", "/")


def make_private(before: Iterable[str]) -> None:
    """Gives mount points that were private before, and still are there, their privacy back."""
    present = set(now())
    for point in before:
        if point in present:
            commands.run("mount", "--make-private", point)


def unmount_below(directory: Path) -> None:
    """Everything mounted at or below a directory, the deepest first; mounts stacked on one point one by one."""
    prefix = str(directory)
    ours = [point for point in now() if point == prefix or point.startswith(prefix + "/")]
    for point in sorted(ours, key=len, reverse=True):
        if not commands.succeeds("umount", point):
            commands.run("umount", "--lazy", point)
