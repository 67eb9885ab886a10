"""Our own PostgreSQL instance: data directory, port and user of its own; the machine's clusters stay untouched."""

import shutil
import signal
from pathlib import Path

from . import commands
from .layout import NODE_IP, NODE_NETWORK, Layout
from .listeners import Listener
from .processes import Program

SYSTEM_USER = "postgres"
SEGMENTS = Path("/proc/sysvipc/shm")
SEGMENT_LINE = 7  # of postmaster.pid
USER = PASSWORD = "strategy"
DATABASES = ("signals", "alphintra_nocode", "alphintra_ai_ml")
# Without fsync a crash of the machine may lose data, a crash of the server loses nothing: enough for tests.
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    # In the data directory, where nothing outlives `down`.
    "dynamic_shared_memory_type": "mmap",
    "max_connections": "200",
    "listen_addresses": f"{NODE_IP},127.0.0.1",
}


def binaries() -> Path:
    """The newest installed version's programs; Debian does not put the server's on the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: float(path.parts[-3]))
    return found[-1].parent


def program(layout: Layout) -> Program:
    home = layout.data / "postgres"
    if not (home / "PG_VERSION").exists():
        _initialise(home)
    settings = {**SETTINGS, "port": str(layout.ports.postgres), "unix_socket_directories": str(home)}
    options = tuple(word for name, value in settings.items() for word in ("-c", f"{name}={value}"))
    return Program(
        name="postgres",
        argv=(str(binaries() / "postgres"), "-D", str(home), *options),
        endpoint=f"{NODE_IP}:{layout.ports.postgres}",
        listens=(Listener(NODE_IP, layout.ports.postgres), Listener("127.0.0.1", layout.ports.postgres)),
        user=SYSTEM_USER,
        # "Fast": clients are disconnected instead of waited for.
        stop_signal=signal.SIGINT,
    )


def _initialise(home: Path) -> None:
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True, mode=0o700)
    shutil.chown(home, SYSTEM_USER, SYSTEM_USER)
    options = ("--auth-local=trust", "--auth-host=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
    commands.run(binaries() / "initdb", "-D", home, f"--username={SYSTEM_USER}", *options, user=SYSTEM_USER, cwd=home)
    with (home / "pg_hba.conf").open("a") as rules:
        rules.write(f"host all all {NODE_NETWORK} scram-sha-256\n")


def ready(layout: Layout) -> bool:
    return commands.succeeds(binaries() / "pg_isready", "-q", "-h", NODE_IP, "-p", str(layout.ports.postgres))


def ensure_databases(layout: Layout) -> None:
    """The login role and its databases, as far as they are missing."""
    if not _query(layout, f"SELECT 1 FROM pg_roles WHERE rolname = '{USER}'"):
        _query(layout, f"CREATE ROLE {USER} LOGIN CREATEDB PASSWORD '{PASSWORD}'")
    present = _query(layout, "SELECT datname FROM pg_database").split()
    for database in DATABASES:
        if database not in present:
            _query(layout, f"CREATE DATABASE {database} OWNER {USER}")


def _query(layout: Layout, statement: str) -> str:
    socket = layout.data / "postgres"
    address = ("-h", socket, "-p", str(layout.ports.postgres), "-U", SYSTEM_USER, "-d", "postgres")
    return commands.run(
        binaries() / "psql", *address, "-v", "ON_ERROR_STOP=1", "-Atc", statement, user=SYSTEM_USER, cwd=socket
    )


def remove_shared_memory(layout: Layout) -> None:
    """A killed server leaves the segment that marks its data directory as in use; a stopped one leaves none."""
    lock_file = layout.data / "postgres/postmaster.pid"
    lines = lock_file.read_text().splitlines() if lock_file.exists() else []
    if len(lines) < SEGMENT_LINE:
        return
    _, segment = lines[SEGMENT_LINE - 1].split()
    if segment in unattached_segments(SEGMENTS.read_text()):
        commands.run("ipcrm", "--shmem-id", segment)


def unattached_segments(table: str) -> set[str]:
    """Ids of the System V segments that no process has mapped, from /proc/sysvipc/shm."""
    header, *rows = [line.split() for line in table.splitlines()]
    named = [dict(zip(header, row, strict=False)) for row in rows]
    return {row["shmid"] for row in named if row["nattch"] == "0"}


def url(layout: Layout, database: str) -> str:
    return f"postgresql://{USER}:{PASSWORD}@{NODE_IP}:{layout.ports.postgres}/{database}"
