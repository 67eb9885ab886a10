"""A server that speaks TLS alone, reached by every way of asking for it."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from integration.private_postgres import PrivatePostgres
from strategy_sources.errors import SourceUnavailable
from strategy_sources.no_code import NoCodeDatabase

SUBJECT = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate that vouches for itself, and its key."""
    crt, key = folder / f"{name}.crt", folder / f"{name}.key"
    made = (
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "1",
        "-keyout",
        str(key),
        "-out",
        str(crt),
    )
    subprocess.run([*made, *SUBJECT], check=True, capture_output=True)
    return crt, key


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tls")


@pytest.fixture(scope="module")
def tls_server(authority: Path) -> Iterator[PrivatePostgres]:
    crt, key = certificate(authority, "server")
    server = PrivatePostgres({"ssl": "on", "ssl_cert_file": "server.crt", "ssl_key_file": "server.key"})
    try:
        for file in (crt, key):
            there = server.data / file.name
            shutil.copy(file, there)
            shutil.chown(there, server.data.owner())
            there.chmod(0o600)
        rules = server.data / "pg_hba.conf"
        rules.write_text(rules.read_text().replace("host ", "hostssl "))
        server.start()
        yield server
    finally:
        server.remove()


async def answer(url: str) -> str:
    """ok, or why not."""
    database = NoCodeDatabase(url)
    try:
        await database.check()
    except SourceUnavailable as error:
        return str(error)
    finally:
        await database.close()
    return "ok"


@pytest.mark.parametrize(
    "options",
    [
        "sslmode=require",
        "ssl=require",
        "ssl=true",
        "sslmode=verify-full&sslrootcert={}",
        "ssl=verify-ca&sslrootcert={}",
    ],
)
@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+asyncpg", "postgresql+psycopg2", "postgres"])
async def test_it_is_reached(tls_server: PrivatePostgres, authority: Path, options: str, scheme: str) -> None:
    url = tls_server.url().replace("postgresql", scheme)
    assert await answer(f"{url}?{options.format(authority / 'server.crt')}") == "ok"


async def test_who_asks_for_no_tls_is_refused(tls_server: PrivatePostgres) -> None:
    assert "no encryption" in await answer(f"{tls_server.url()}?sslmode=disable")


async def test_another_authority_does_not_vouch_for_it(tls_server: PrivatePostgres, authority: Path) -> None:
    stranger, _ = certificate(authority, "stranger")
    said = await answer(f"{tls_server.url()}?sslmode=verify-full&sslrootcert={stranger}")
    assert "CERTIFICATE_VERIFY_FAILED" in said


async def test_an_authority_that_is_not_there_is_said(tls_server: PrivatePostgres) -> None:
    assert "No such file" in await answer(f"{tls_server.url()}?sslmode=verify-full&sslrootcert=/nowhere.pem")
