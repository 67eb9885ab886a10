"""Settings: complete or refused, and silent about secrets."""

from dataclasses import dataclass, field

import pytest

from strategy_process.settings import InvalidSettings, Secret, describe, read_settings, variables


@dataclass(frozen=True)
class Example:
    redis_url: Secret
    http_port: int = 8003
    auth: bool = True
    namespaces: tuple[str, ...] = ("default",)
    database: Secret | None = field(default=None, metadata={"env": "SIGNAL_DATABASE_URL"})
    patience_seconds: float = 1.5


def test_unset_and_empty_variables_take_the_default() -> None:
    settings = read_settings(Example, {"REDIS_URL": "redis://h", "HTTP_PORT": " "})
    assert settings == Example(redis_url=Secret("redis://h"))


def test_every_type_is_read_from_its_variable() -> None:
    environ = {
        "REDIS_URL": "r",
        "HTTP_PORT": "9000",
        "AUTH": "off",
        "NAMESPACES": "a, b,",
        "SIGNAL_DATABASE_URL": "d",
        "PATIENCE_SECONDS": "0.5",
    }
    settings = read_settings(Example, environ)
    assert settings == Example(Secret("r"), 9000, False, ("a", "b"), Secret("d"), 0.5)


def test_all_problems_are_named_at_once() -> None:
    with pytest.raises(InvalidSettings) as caught:
        read_settings(Example, {"HTTP_PORT": "many", "AUTH": "perhaps", "PATIENCE_SECONDS": "x"})
    message = str(caught.value)
    assert "REDIS_URL is not set" in message
    assert "HTTP_PORT: 'many' is not a whole number" in message
    assert "AUTH: 'perhaps' is neither true nor false" in message
    assert "PATIENCE_SECONDS: 'x' is not a number" in message


def test_secrets_show_themselves_only_when_revealed() -> None:
    settings = Example(redis_url=Secret("redis://:hunter2@h"))
    assert "hunter2" not in repr(settings)
    assert "hunter2" not in str(describe(settings))
    assert settings.redis_url.reveal() == "redis://:hunter2@h"


def test_the_variables_of_a_class_can_be_listed_for_chart_and_docs() -> None:
    assert variables(Example)["REDIS_URL"] is True
    assert variables(Example)["SIGNAL_DATABASE_URL"] is False
