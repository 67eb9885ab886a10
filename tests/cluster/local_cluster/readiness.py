"""Waiting until a component answers, and saying why when it does not."""

import json
import socket
import ssl
import time
import urllib.request
from collections.abc import Callable
from typing import Any

from . import processes
from .errors import NotReady
from .layout import NODE_IP, Layout

LOG_TAIL_LINES = 12


def wait(layout: Layout, name: str, check: Callable[[], bool], timeout_s: float = 60.0) -> None:
    """Polls until the check holds; fails at once when the process of that name has died."""
    deadline = time.monotonic() + timeout_s
    while not check():
        record = processes.records(layout).get(name)
        if record is not None and not processes.alive(record):
            raise NotReady(f"{name} has ended; {log_tail(layout, name)}")
        if time.monotonic() > deadline:
            raise NotReady(f"{name} is not ready after {timeout_s:.0f} s; {log_tail(layout, name)}")
        time.sleep(0.1)


def log_tail(layout: Layout, name: str) -> str:
    log = layout.log / f"{name}.log"
    lines = log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:] if log.exists() else []
    return "\n".join([f"the end of {log}:", *lines])


def accepts(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), timeout=1):
            return True
    except OSError:
        return False


class ApiServer:
    """Reads from the API server with the administrator's certificate; "not there (yet)" is None."""

    def __init__(self, layout: Layout) -> None:
        self._root = f"https://{NODE_IP}:{layout.ports.api_server}"
        self._tls = ssl.create_default_context(cafile=str(layout.pki / "ca.crt"))
        self._tls.load_cert_chain(layout.pki / "admin.crt", layout.pki / "admin.key")

    def read(self, path: str) -> bytes | None:
        try:
            with urllib.request.urlopen(self._root + path, context=self._tls, timeout=5) as answer:
                return bytes(answer.read())
        except OSError:  # refused, reset, time-out, and urllib's own errors, which derive from it
            return None

    def get(self, path: str) -> dict[str, Any] | None:
        body = self.read(path)
        return None if body is None else dict(json.loads(body))

    def ready(self) -> bool:
        return self.read("/readyz") == b"ok"

    def node_ready(self, node: str) -> bool:
        found = self.get(f"/api/v1/nodes/{node}") or {}
        conditions = found.get("status", {}).get("conditions", [])
        return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)

    def exists(self, path: str) -> bool:
        return self.read(path) is not None
