"""What the chart makes in each strategy namespace: the runners' credentials and walls, and the CRD for all of them."""

import json
from typing import Any

import pytest
import yaml

from strategy_operator.names import MANAGER
from unit.chart.rendered_chart import NAMESPACE, ROOT, Chart, Manifest

DEFINITION = ROOT / "crds/tradingstrategies.trading.alphintra.io.yaml"


def policy(chart: Chart, values: str, namespace: str, **settings: str) -> Manifest:
    return chart.render(values, **settings).one("NetworkPolicy", "trading-strategy-operator-runners", namespace)["spec"]


def test_runners_find_kafka_redis_and_gateway_in_their_own_namespace(chart: Chart) -> None:
    rendered = chart.render("full")
    service = rendered.one("Service", "trading-strategy-operator-market-gateway")
    for namespace in ("team-a", "team-b"):
        secret = rendered.one("Secret", "runner-credentials", namespace)
        assert secret["stringData"] == {
            "KAFKA_BOOTSTRAP_SERVERS": "kafka-0.messaging:9092,kafka-1.messaging:9093",
            "REDIS_URL": "redis://:p&ss@redis.messaging:6380/0",
            "MARKET_GATEWAY_URL": f"http://{service['metadata']['name']}.{NAMESPACE}.svc:8090",
            "MARKET_REDIS_PREFIX": f"{NAMESPACE}/trading:",
        }


def test_without_strategy_namespaces_strategies_live_in_the_releases_own(chart: Chart) -> None:
    rendered = chart.render()
    assert rendered.one("Secret", "runner-credentials")["metadata"]["namespace"] == NAMESPACE
    assert rendered.of_kind("Namespace") == []
    permissions = json.loads(rendered.environment("operator")["STRATEGY_NAMESPACES"]["value"])
    assert permissions == [{"name": NAMESPACE, "owners": [], "live": False}]
    assert rendered.environment("api")["DEFAULT_STRATEGY_NAMESPACE"]["value"] == NAMESPACE


def test_owners_and_live_mode_reach_the_operator_unchanged(chart: Chart) -> None:
    environment = chart.render("full").environment("operator")
    assert json.loads(environment["STRATEGY_NAMESPACES"]["value"]) == [
        {"name": "team-a", "owners": ["42", 'al\'ice & "bob"'], "live": True},
        {"name": "team-b", "owners": ["*"], "live": False},
    ]


def test_rest_creates_in_the_default_namespace_and_reads_all(chart: Chart) -> None:
    environment = chart.render("full").environment("api")
    assert environment["DEFAULT_STRATEGY_NAMESPACE"]["value"] == "team-b"
    assert environment["STRATEGY_NAMESPACES"]["value"] == "team-a,team-b"


def test_a_namespace_that_the_chart_makes_is_restricted_and_kept(chart: Chart) -> None:
    (namespace,) = chart.render("full").of_kind("Namespace")
    assert namespace["metadata"]["name"] == "team-a"
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert namespace["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"


def test_runners_reach_dns_gateway_kafka_and_redis_alone(chart: Chart) -> None:
    rendered = chart.render()
    egress = policy(chart, "minimal", NAMESPACE)["egress"]
    assert [[port["port"] for port in rule["ports"]] for rule in egress] == [[53, 53], ["http"], [9092], [6379]]
    (gateway,) = egress[1]["to"]
    assert gateway["namespaceSelector"] == {"matchLabels": {"kubernetes.io/metadata.name": NAMESPACE}}
    labels = dict(rendered.pods())["market-gateway"]["metadata"]["labels"]
    assert gateway["podSelector"]["matchLabels"].items() <= labels.items()


def test_ports_follow_the_connections_and_peers_narrow_them(chart: Chart) -> None:
    kafka, redis = policy(chart, "full", "team-b")["egress"][2:]
    assert [port["port"] for port in kafka["ports"]] == [9092, 9093]
    assert kafka["to"] == [{"ipBlock": {"cidr": "10.0.0.0/24"}}]
    assert [port["port"] for port in redis["ports"]] == [6380]
    assert redis["to"] == [{"ipBlock": {"cidr": "10.0.1.0/24"}}]


def test_nobody_reaches_a_runner_but_who_may_scrape_it(chart: Chart) -> None:
    closed, scraped = policy(chart, "minimal", NAMESPACE), policy(chart, "full", "team-a")
    assert (closed["policyTypes"], closed["ingress"]) == (["Ingress", "Egress"], [])
    (rule,) = scraped["ingress"]
    assert rule["ports"] == [{"protocol": "TCP", "port": 8081}]


def test_the_policy_selects_what_the_operator_makes(chart: Chart) -> None:
    selected = policy(chart, "minimal", NAMESPACE)["podSelector"]["matchLabels"]
    assert selected == {"app.kubernetes.io/name": "strategy-runner", "app.kubernetes.io/managed-by": MANAGER}


@pytest.mark.parametrize("values", ["minimal", "full"])
def test_the_definition_is_the_generated_one_and_is_kept(chart: Chart, values: str) -> None:
    (definition,) = chart.render(values).of_kind("CustomResourceDefinition")
    generated: dict[str, Any] = yaml.safe_load(DEFINITION.read_text())
    assert definition["spec"] == generated["spec"]
    assert definition["metadata"]["name"] == generated["metadata"]["name"]
    assert definition["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}


def test_the_definition_can_be_left_to_somebody_else(chart: Chart) -> None:
    assert chart.render(crds__install="false").of_kind("CustomResourceDefinition") == []
