"""Every spelling of a database URL that the platform uses."""

import pytest

from strategy_sources.database_url import normalised


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p@db:5432/alphintra-no-code-service",
        "postgres://u:p@db:5432/alphintra-no-code-service",
        "postgresql+asyncpg://u:p@db:5432/alphintra-no-code-service",
        "postgresql+psycopg2://u:p@db:5432/alphintra-no-code-service",
        "POSTGRESQL://u:p@db:5432/alphintra-no-code-service",
    ],
)
def test_every_spelling_is_one(url: str) -> None:
    assert normalised(url) == "postgresql://u:p@db:5432/alphintra-no-code-service"


@pytest.mark.parametrize("url", ["sqlite:///secret.db", "mysql://u:secret@db/x", "secret", ""])
def test_another_database_is_refused_without_repeating_its_password(url: str) -> None:
    with pytest.raises(ValueError, match="must start with") as refused:
        normalised(url)
    assert "secret" not in str(refused.value)
