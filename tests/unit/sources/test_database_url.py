"""Every spelling of a database URL that the platform uses."""

import pytest

from strategy_sources.database_url import normalised

PLAIN = "postgresql://u:p@db:5432/alphintra-no-code-service"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p@db:5432/alphintra-no-code-service",
        "postgres://u:p@db:5432/alphintra-no-code-service",
        "postgresql+asyncpg://u:p@db:5432/alphintra-no-code-service",
        "postgresql+psycopg2://u:p@db:5432/alphintra-no-code-service",
        "postgresql+psycopg://u:p@db:5432/alphintra-no-code-service",
        "POSTGRESQL://u:p@db:5432/alphintra-no-code-service",
        " postgresql://u:p@db:5432/alphintra-no-code-service\n",
    ],
)
def test_every_spelling_is_one(url: str) -> None:
    assert normalised(url) == PLAIN


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param(
            "sslmode=verify-full&sslrootcert=/ca.pem", "sslmode=verify-full&sslrootcert=%2Fca.pem", id="libpq"
        ),
        pytest.param("ssl=require", "sslmode=require", id="SQLAlchemy with asyncpg"),
        pytest.param("ssl=true", "sslmode=require", id="a word for it"),
        pytest.param("ssl=false", "sslmode=disable", id="a word against it"),
        pytest.param("sslcert=/c&sslkey=/k", "sslcert=%2Fc&sslkey=%2Fk", id="a client's certificate"),
        pytest.param("connect_timeout=10&keepalives=1&channel_binding=require", "", id="for other clients"),
        pytest.param("prepared_statement_cache_size=0", "", id="for SQLAlchemy"),
        pytest.param("search_path=platform", "search_path=platform", id="for the server"),
        pytest.param("options=-c%20search_path%3Dx", "options=-c+search_path%3Dx", id="the server's command line"),
    ],
)
def test_options_reach_whom_they_are_for(options: str, expected: str) -> None:
    assert normalised(f"postgresql+psycopg2://u:p@db/x?{options}") == "postgresql://u:p@db/x" + (
        f"?{expected}" if expected else ""
    )


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://db/x",
        "postgresql:///x?host=%2Frun%2Fpostgresql",
        "postgresql://u:p%40ss@a:1,b:2/x",
        "postgresql://u@[::1]:5432/x",
    ],
    ids=["no user", "a socket", "two hosts", "IPv6"],
)
def test_unusual_forms_stay_as_they_are(url: str) -> None:
    assert normalised(url) == url


@pytest.mark.parametrize("url", ["sqlite:///secret.db", "mysql://u:secret@db/x", "secret", ""])
def test_another_database_is_refused_without_repeating_its_password(url: str) -> None:
    with pytest.raises(ValueError, match="must start with") as refused:
        normalised(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:sec/ret@db/x",
        "postgresql://u:sec@ret@db/x",
        "postgresql://u:p@db:sec/ret",
        "postgresql://u:sec:ret",
        "postgresql://u:p@db/x?secret",
    ],
)
def test_what_cannot_be_read_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match="a database URL") as refused:
        normalised(url)
    assert "sec" not in str(refused.value)
