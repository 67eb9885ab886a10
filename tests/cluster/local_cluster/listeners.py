"""Who listens on a port, read from /proc: the answer to "port taken, and by whom"."""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from . import procfs
from .errors import MachineUnfit

LISTEN = "0A"
UDP_UNCONNECTED = "07"
ANY_ADDRESS = {"00000000", "0" * 32}


@dataclass(frozen=True)
class Listener:
    address: str
    port: int
    protocol: str = "tcp"


def require_free(listener: Listener, program: str) -> None:
    taken_by = owner(listener)
    if taken_by:
        place = f"{listener.protocol} port {listener.port} on {listener.address}"
        raise MachineUnfit(
            f"{place}, which {program} needs, is taken by {taken_by}: stop it, or set STRATEGY_CLUSTER_PORT_OFFSET"
        )


def listening_inodes(table: str, port: int, addresses: Iterable[str]) -> Iterator[int]:
    """Socket inodes of one /proc/net/{tcp,udp}* table that occupy the port on one of the (hexadecimal) addresses."""
    wanted = {*addresses, *ANY_ADDRESS}
    for line in table.splitlines()[1:]:
        fields = line.split()
        address, _, number = fields[1].partition(":")
        if int(number, 16) == port and fields[3] in (LISTEN, UDP_UNCONNECTED) and address in wanted:
            yield int(fields[9])


def hexadecimal(address: str) -> str:
    """An IPv4 address as /proc/net writes it: the bytes in the order of the machine, which is little-endian."""
    return bytes(reversed([int(part) for part in address.split(".")])).hex().upper()


def owner(listener: Listener) -> str | None:
    """The process that occupies the place, as "name (pid n)"; None when it is free."""
    inodes: set[int] = set()
    for family in (listener.protocol, f"{listener.protocol}6"):
        table = Path("/proc/net") / family
        if table.exists():
            inodes.update(listening_inodes(table.read_text(), listener.port, [hexadecimal(listener.address)]))
    if not inodes:
        return None
    return _process_of(inodes) or "a process of another container or user"


def _process_of(inodes: set[int]) -> str | None:
    wanted = {f"socket:[{inode}]" for inode in inodes}
    for pid in procfs.all_pids():
        if wanted & set(_descriptors(pid)):
            words = procfs.command_line(pid)
            return f"{Path(words[0]).name if words else '?'} (pid {pid})"
    return None


def _descriptors(pid: int) -> Iterator[str]:
    directory = procfs.PROC / str(pid) / "fd"
    with contextlib.suppress(FileNotFoundError, PermissionError, ProcessLookupError):
        for descriptor in directory.iterdir():
            # One may be closed while we look, the directory's own in our own process always is.
            with contextlib.suppress(FileNotFoundError):
                yield str(descriptor.readlink())


def unix_socket_bound(path: Path) -> bool:
    """Whether some process still has the socket: a file alone is a leftover."""
    return any(line.split()[-1] == str(path) for line in Path("/proc/net/unix").read_text().splitlines())
