"""The two sockets on which the warden waits for its supervisor, and the check of who is there.

Both exist only while nobody is connected to the control socket, so there is one supervisor at a time; they are made
anew after each. The folder is a volume that outlives this container: leftovers are removed before binding.
"""

import contextlib
import os
import select
import socket
import struct
from pathlib import Path
from typing import Final

from strategy_contracts.runner_config import CONTROL_SOCKET, DATA_SOCKET
from strategy_sandbox.errors import PeerRefused
from strategy_sandbox.warden_log import log

_CREDENTIALS: Final = struct.Struct("3i")
_GROUP_MAY_CONNECT: Final = 0o117
"""Umask: read and write for owner and group (the pod's fsGroup), nothing for others."""


class Doors:
    """Listening sockets with a lifetime of one supervisor's visit."""

    def __init__(self, folder: Path, supervisor_uid: int) -> None:
        self._folder = folder
        self._supervisor_uid = supervisor_uid
        self._control: socket.socket | None = None
        self._data: socket.socket | None = None

    def open(self) -> None:
        """Bind both; data first, so that whoever can reach control can reach data."""
        self.close()
        self._data = _listen(self._folder / DATA_SOCKET)
        self._control = _listen(self._folder / CONTROL_SOCKET)

    def close(self) -> None:
        """Connections that were waiting are refused, also those of a supervisor that has gone."""
        self._close_control()
        if self._data is not None:
            _unlisten(self._data, self._folder / DATA_SOCKET)
            self._data = None

    def await_supervisor(self, wakeup: int) -> socket.socket | None:
        """The supervisor's control connection; None when a signal came first, or somebody who is turned away."""
        assert self._control is not None
        # Not a bare accept: a signal that arrives just before it blocks would go unnoticed for ever.
        select.select([self._control.fileno(), wakeup], [], [])
        connection = self._newest(self._control)
        if connection is not None:
            self._close_control()
        return connection

    def take_data_connection(self) -> socket.socket | None:
        """The data connection that waits, if one does."""
        assert self._data is not None
        return self._newest(self._data)

    def _newest(self, listener: socket.socket) -> socket.socket | None:
        """Of the connections that wait the newest: older ones belong to attempts that their maker has given up."""
        newest: socket.socket | None = None
        while select.select([listener], [], [], 0)[0]:
            connection, _ = listener.accept()
            with contextlib.suppress(PeerRefused):
                connection = self._admit(connection)
                if newest is not None:
                    newest.close()
                newest = connection
        return newest

    def _admit(self, connection: socket.socket) -> socket.socket:
        pid, uid, _ = _CREDENTIALS.unpack(
            connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        )
        if uid != self._supervisor_uid:
            connection.close()
            log.warning("peer_refused", peer_uid=uid, peer_pid=pid, expected_uid=self._supervisor_uid)
            raise PeerRefused(f"uid {uid} is not the supervisor's")
        return connection

    def _close_control(self) -> None:
        if self._control is not None:
            _unlisten(self._control, self._folder / CONTROL_SOCKET)
            self._control = None


def _listen(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(_GROUP_MAY_CONNECT)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    listener.listen(4)
    return listener


def _unlisten(listener: socket.socket, path: Path) -> None:
    listener.close()
    path.unlink(missing_ok=True)
