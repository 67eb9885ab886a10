"""A real PostgreSQL server of a test's own, to be stopped and started; its data survives that."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from local_cluster import postgres

_START_TIMEOUT_S = 30
_SETTINGS = {"fsync": "off", "shared_buffers": "32MB", "listen_addresses": "127.0.0.1", "max_connections": "60"}


class PrivatePostgres:
    """`url(database)` for clients; everybody on this machine is let in."""

    def __init__(self, settings: Mapping[str, str] | None = None) -> None:
        """`settings`: more of the server's, or other ones."""
        self._settings = {**_SETTINGS, **(settings or {})}
        self._home = Path(tempfile.mkdtemp(prefix="postgres-"))
        # The server refuses to run as root.
        self._user = postgres.SYSTEM_USER if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        shutil.chown(self._home, self._user)
        with socket.create_server(("127.0.0.1", 0)) as held:
            self.port: int = held.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None
        self._run("initdb", "-D", self.data, "--auth=trust", "--username=strategy", "--encoding=UTF8", "--no-sync")

    @property
    def data(self) -> Path:
        return self._home / "data"

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://strategy@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        settings = self._settings | {"port": str(self.port), "unix_socket_directories": str(self._home)}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        program = str(postgres.binaries() / "postgres")
        self._process = subprocess.Popen(
            [program, "-D", str(self.data), *options],
            user=self._user,
            cwd=self._home,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + _START_TIMEOUT_S
        ready = [str(postgres.binaries() / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        while subprocess.run(ready, check=False).returncode != 0:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("PostgreSQL did not start")
            time.sleep(0.05)

    def stop(self) -> None:
        """Clients are cut off, what was committed is kept."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(_START_TIMEOUT_S)
            self._process = None

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Away for a while, whatever happens meanwhile."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    def create_database(self, name: str) -> str:
        """Its URL."""
        self.query("postgres", f"CREATE DATABASE {name}")
        return self.url(name)

    def query(self, database: str, statement: str) -> str:
        """The answer as text, a row a line."""
        return self._run("psql", self.url(database), "-v", "ON_ERROR_STOP=1", "-Atc", statement)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self._home, ignore_errors=True)

    def _run(self, program: str, *words: str | Path) -> str:
        argv = [str(postgres.binaries() / program), *map(str, words)]
        answer = subprocess.run(argv, check=True, capture_output=True, text=True, user=self._user, cwd=self._home)
        return answer.stdout.strip()
