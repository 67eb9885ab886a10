"""Each service account has exactly the rights its process uses; nobody has a cluster-wide one."""

from collections.abc import Mapping
from typing import Any

import pytest

from unit.chart.rendered_chart import NAMESPACE, Chart, Rendered

GROUP = "trading.alphintra.io"
OPERATOR, API = "trading-strategy-operator", "trading-strategy-operator-api"
GATEWAY = "trading-strategy-operator-market-gateway"

Rights = dict[tuple[str, str], set[str]]
"""(group, resource) -> verbs."""

OPERATOR_IN_STRATEGY_NAMESPACE: Rights = {
    (GROUP, "tradingstrategies"): {"get", "list", "watch"},
    (GROUP, "tradingstrategies/status"): {"patch"},
    ("", "pods"): {"get", "list", "watch", "create", "delete"},
    ("", "configmaps"): {"get", "list", "watch"},
    ("", "secrets"): {"create", "patch", "delete"},
    ("events.k8s.io", "events"): {"create"},
}
LEADER: Rights = {("coordination.k8s.io", "leases"): {"get", "update", "create"}}
API_WHERE_IT_WRITES: Rights = {(GROUP, "tradingstrategies"): {"get", "list", "create", "update", "delete"}}
API_WHERE_IT_READS: Rights = {(GROUP, "tradingstrategies"): {"list"}}


def rights_of(rendered: Rendered, account: str) -> dict[str, Rights]:
    """Namespace -> rights that its bindings give to an account of the release."""
    subject = {"kind": "ServiceAccount", "name": account, "namespace": NAMESPACE}
    rights: dict[str, Rights] = {}
    for binding in rendered.of_kind("RoleBinding"):
        if subject in binding["subjects"]:
            namespace = binding["metadata"].get("namespace", NAMESPACE)
            for rule in rules_of(rendered, binding["roleRef"]["name"], namespace):
                for group in rule["apiGroups"]:
                    for resource in rule["resources"]:
                        rights.setdefault(namespace, {}).setdefault((group, resource), set()).update(rule["verbs"])
    return rights


def rules_of(rendered: Rendered, name: str, namespace: str) -> list[Mapping[str, Any]]:
    (role,) = [
        role
        for role in rendered.of_kind("Role")
        if (role["metadata"]["name"], role["metadata"].get("namespace", NAMESPACE)) == (name, namespace)
    ]
    return list(role["rules"])


def test_nobody_has_a_cluster_wide_right(rendered: Rendered) -> None:
    assert rendered.of_kind("ClusterRole") == []
    assert rendered.of_kind("ClusterRoleBinding") == []
    for role in rendered.of_kind("Role"):
        assert "*" not in str(role["rules"])


def test_the_operator_has_what_it_calls_in_each_strategy_namespace(chart: Chart) -> None:
    assert rights_of(chart.render("full"), OPERATOR) == {
        NAMESPACE: LEADER,
        "team-a": OPERATOR_IN_STRATEGY_NAMESPACE,
        "team-b": OPERATOR_IN_STRATEGY_NAMESPACE,
    }


@pytest.mark.parametrize(
    ("component", "account"),
    [pytest.param("operator", OPERATOR, id="operator"), pytest.param("market-gateway", GATEWAY, id="market gateway")],
)
def test_a_leader_reads_and_updates_its_own_lease_alone(chart: Chart, component: str, account: str) -> None:
    rendered = chart.render()
    named, unnamed = rules_of(rendered, f"{account}-lease", NAMESPACE)
    lease = rendered.environment(component)["LEASE_NAME"]["value"]
    assert (named["resourceNames"], set(named["verbs"])) == ([lease], {"get", "update"})
    assert ("resourceNames" not in unnamed, unnamed["verbs"]) == (True, ["create"])


def test_the_api_writes_in_the_default_namespace_and_lists_in_the_others(chart: Chart) -> None:
    assert rights_of(chart.render("full"), API) == {"team-a": API_WHERE_IT_READS, "team-b": API_WHERE_IT_WRITES}


def test_the_gateway_has_its_lease_and_nothing_else(chart: Chart) -> None:
    assert rights_of(chart.render("full"), GATEWAY) == {NAMESPACE: LEADER}


def test_bindings_name_accounts_that_exist(rendered: Rendered) -> None:
    accounts = {account["metadata"]["name"] for account in rendered.of_kind("ServiceAccount")}
    assert accounts == {OPERATOR, API, GATEWAY}
    assert {pod["spec"]["serviceAccountName"] for _, pod in rendered.pods()} == accounts
    for binding in rendered.of_kind("RoleBinding"):
        assert {subject["name"] for subject in binding["subjects"]} <= accounts
