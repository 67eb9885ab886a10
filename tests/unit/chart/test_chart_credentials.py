"""Credentials are in Secrets alone, and what is missing is said in a sentence."""

import json

import pytest

from unit.chart.rendered_chart import Chart, Refused

CREDENTIALS = {
    "operator": {"NO_CODE_DATABASE_URL", "AI_ML_DATABASE_URL"},
    "api": {"SIGNAL_DATABASE_URL", "REDIS_URL", "JWT_SECRET_KEY", "NO_CODE_DATABASE_URL", "AI_ML_DATABASE_URL"},
    "market-gateway": {"REDIS_URL"},
}


def test_credentials_appear_in_secrets_alone(chart: Chart) -> None:
    rendered = chart.render("full")
    for manifest in rendered.manifests:
        if manifest["kind"] != "Secret":
            text = json.dumps(manifest)
            assert "secret@" not in text
            assert "p&ss" not in text
            assert "bm90IGEg" not in text


def test_each_process_gets_its_credentials_and_no_other(chart: Chart) -> None:
    rendered = chart.render("full")
    for component, expected in CREDENTIALS.items():
        environment = rendered.environment(component)
        assert {
            name for name, variable in environment.items() if "secretKeyRef" in variable.get("valueFrom", {})
        } == expected


def test_given_credentials_reach_the_secret_unchanged(chart: Chart) -> None:
    rendered = chart.render("full")
    secret = rendered.one("Secret", "trading-strategy-operator-connections")["stringData"]
    assert secret["REDIS_URL"] == "redis://:p&ss@redis.messaging:6380/0"
    for component, names in CREDENTIALS.items():
        for name in names:
            reference = rendered.environment(component)[name]["valueFrom"]["secretKeyRef"]
            assert reference == {"name": "trading-strategy-operator-connections", "key": name}
            assert name in secret


def test_existing_secrets_are_referred_to_and_none_is_made(chart: Chart) -> None:
    rendered = chart.render("existing-secrets")
    assert rendered.of_kind("Secret") == []
    references = {
        name: (variable["valueFrom"]["secretKeyRef"]["name"], variable["valueFrom"]["secretKeyRef"]["key"])
        for component in CREDENTIALS
        for name, variable in rendered.environment(component).items()
        if "secretKeyRef" in variable.get("valueFrom", {})
    }
    assert references == {
        "REDIS_URL": ("platform-redis", "redis-url"),
        "SIGNAL_DATABASE_URL": ("platform-postgres", "signals"),
        "AI_ML_DATABASE_URL": ("platform-postgres", "ai-ml"),
        "NO_CODE_DATABASE_URL": ("platform-postgres", "no-code"),
        "JWT_SECRET_KEY": ("platform-auth", "jwt"),
    }


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        pytest.param({"kafka__bootstrapServers": ""}, "kafka.bootstrapServers is empty", id="no Kafka"),
        pytest.param({"redis__url": ""}, "redis.url is empty", id="no Redis"),
        pytest.param({"signalDatabase__url": ""}, "give signalDatabase.url", id="no database for signals"),
        pytest.param({"api__auth__jwtSecretKey": ""}, "give api.auth.jwtSecretKey", id="no secret for tokens"),
        pytest.param({"kafka__bootstrapServers": "kafka"}, "/kafka/bootstrapServers", id="Kafka without a port"),
        pytest.param({"redis__url": "http://redis"}, "/redis/url", id="a Redis that is none"),
        pytest.param({"api__replica": "2"}, "replica", id="a misspelt key"),
        pytest.param({"operator__replicas": "two"}, "/operator/replicas", id="a word for a number"),
        pytest.param({"api__auth__mode": "none"}, "/api/auth/mode", id="an unknown way to authenticate"),
        pytest.param({"strategyNamespaces[0].name": "Team_A"}, "/strategyNamespaces/0/name", id="no namespace's name"),
        pytest.param(
            {"defaultStrategyNamespace": "elsewhere"},
            "defaultStrategyNamespace elsewhere is not one of strategyNamespaces (trading-system)",
            id="a default namespace the operator does not watch",
        ),
    ],
)
def test_values_that_cannot_work_are_refused_with_a_sentence(
    chart: Chart, settings: dict[str, str], sentence: str
) -> None:
    with pytest.raises(Refused) as refused:
        chart.render(**settings)
    assert sentence in str(refused.value)


def test_disabled_authentication_needs_no_secret(chart: Chart) -> None:
    rendered = chart.render(api__auth__mode="disabled", api__auth__jwtSecretKey="")
    environment = rendered.environment("api")
    assert environment["AUTH_MODE"]["value"] == "disabled"
    assert "JWT_SECRET_KEY" not in environment


def test_without_strategy_databases_their_variables_are_absent(chart: Chart) -> None:
    assert not {"NO_CODE_DATABASE_URL", "AI_ML_DATABASE_URL"} & set(chart.render().environment("operator"))
