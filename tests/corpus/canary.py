"""What must stay where it is: a secret that is searched for in every disguise, and doors that nobody may knock on."""

import asyncio
import base64
import codecs
import secrets
import socket
from contextlib import suppress
from dataclasses import dataclass, field

CANARY_PORT = 18099
"""Attacks connect to it, on any address they can think of."""
HOST_FACTS = ("root:x:0:0", "daemon:x:1:1")
"""Only a file that no strategy may read has these."""


def new_secret() -> str:
    return "canary" + secrets.token_hex(12)


def leaks(text: str, secret: str) -> list[str]:
    """What of the host stands in the text: the secret, plain or in a usual disguise, or a fact of the host's files."""
    found = [fact for fact in HOST_FACTS if fact in text]
    return found + [name for name, form in _disguises(secret).items() if form in text]


def _disguises(secret: str) -> dict[str, str]:
    plain = secret.encode()
    forms = {
        "secret": secret,
        "secret reversed": secret[::-1],
        "secret in hex": plain.hex(),
        "secret in rot13": codecs.encode(secret, "rot13"),
    }
    for offset in range(3):
        # Without the ends, which depend on what stands before and after it.
        encoded = base64.b64encode(b"\0" * offset + plain).decode()
        forms[f"secret in base64 at {offset}"] = encoded[4:-4]
    return forms


@dataclass
class Doors:
    """Listeners on the canary port of one network; `hits` says who came."""

    hits: list[str] = field(default_factory=list)
    _servers: list[asyncio.Server] = field(default_factory=list)
    _datagrams: list[asyncio.DatagramTransport] = field(default_factory=list)

    async def open(self, sockets: list[socket.socket]) -> None:
        """Listen on bound sockets, streams and datagrams."""
        loop = asyncio.get_running_loop()
        for bound in sockets:
            if bound.type == socket.SOCK_STREAM:
                self._servers.append(await asyncio.start_server(self._on_connection, sock=bound))
            else:
                transport, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(self), sock=bound)
                self._datagrams.append(transport)

    async def close(self) -> None:
        for server in self._servers:
            server.close()
        for transport in self._datagrams:
            transport.close()

    def _on_connection(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.hits.append(f"TCP from {writer.get_extra_info('peername')}")
        writer.close()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._doors.hits.append(f"UDP from {addr}")


def bound_sockets() -> list[socket.socket]:
    """The canary port of the network that the calling thread is in: TCP and UDP, IPv4 and, where it is, IPv6."""
    made: list[socket.socket] = []
    try:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            made.append(_bound(socket.AF_INET, kind, "0.0.0.0"))
            with suppress(OSError):
                made.append(_bound(socket.AF_INET6, kind, "::"))
    except OSError:
        for bound in made:
            bound.close()
        raise
    return made


def _bound(family: int, kind: int, address: str) -> socket.socket:
    bound = socket.socket(family, kind)
    try:
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setblocking(False)
        bound.bind((address, CANARY_PORT))
        if kind == socket.SOCK_STREAM:
            bound.listen(64)
    except OSError:
        bound.close()
        raise
    return bound
