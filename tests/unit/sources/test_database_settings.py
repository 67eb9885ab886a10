"""A database URL that cannot be read ends a process at its start, by name and without its password."""

from typing import Any

import pytest

from api_serving import settings as api_settings
from strategy_operator.settings import Settings
from strategy_process.settings import InvalidSettings, Secret


def operator_settings(**changes: Any) -> Settings:
    return Settings(
        pod_namespace="n",
        pod_name="p",
        strategy_namespaces="[]",
        runner_image="i",
        kafka_bootstrap_servers="k",
        **changes,
    )


@pytest.mark.parametrize("process", [api_settings, operator_settings])
@pytest.mark.parametrize("field", ["no_code_database_url", "ai_ml_database_url"])
@pytest.mark.parametrize(
    "url", ["mysql://u:hunter2@db/x", "postgresql://u:hunter2@db@b/x", "postgresql://u:hun/ter2@db/x"]
)
def test_an_unreadable_url_is_named(process: Any, field: str, url: str) -> None:
    with pytest.raises(InvalidSettings, match=f"{field.upper()}: a database URL") as refused:
        process(**{field: Secret(url)})
    assert "hun" not in str(refused.value)


@pytest.mark.parametrize("process", [api_settings, operator_settings])
def test_every_spelling_is_accepted(process: Any) -> None:
    process(
        no_code_database_url=Secret("postgresql+asyncpg://u:p@db/x-y"), ai_ml_database_url=Secret("postgres://db/x")
    )
