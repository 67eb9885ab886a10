"""Every pod of the chart keeps Pod Security "restricted", and a rollout of each component can end."""

import pytest

from unit.chart.rendered_chart import Chart, Rendered

PROBES = {
    "operator": (8080, "/livez", "/readyz"),
    "api": (8003, "/health/live", "/health/ready"),
    "market-gateway": (8090, "/livez", "/readyz"),
}


def test_pods_keep_pod_security_restricted(rendered: Rendered) -> None:
    pods = dict(rendered.pods())
    assert set(pods) == set(PROBES)
    for pod in pods.values():
        security = pod["spec"]["securityContext"]
        assert security["runAsNonRoot"] is True
        assert min(security["runAsUser"], security["runAsGroup"]) >= 10_000
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["spec"]["enableServiceLinks"] is False
        assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & set(pod["spec"])
        for container in pod["spec"]["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


def test_every_container_has_requests_a_memory_limit_and_no_cpu_limit(rendered: Rendered) -> None:
    for _, pod in rendered.pods():
        for container in pod["spec"]["containers"]:
            assert set(container["resources"]["requests"]) == {"cpu", "memory"}
            assert set(container["resources"]["limits"]) == {"memory"}


def test_probes_ask_the_paths_and_the_port_the_process_serves(rendered: Rendered) -> None:
    for component, pod in rendered.pods():
        port, live, ready = PROBES[component]
        (container,) = pod["spec"]["containers"]
        assert container["ports"] == [{"name": "http", "containerPort": port}]
        asked = {name: container[name]["httpGet"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}
        assert asked == {
            "startupProbe": {"path": live, "port": "http"},
            "livenessProbe": {"path": live, "port": "http"},
            "readinessProbe": {"path": ready, "port": "http"},
        }


@pytest.mark.parametrize(
    ("replicas", "strategy"),
    [
        pytest.param("1", {"type": "Recreate"}, id="one gateway is replaced, since a second waits for its Lease"),
        pytest.param(
            "2",
            {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": "100%"}},
            id="a standby that is never Ready must not block the rollout",
        ),
    ],
)
def test_gateway_rollouts_end(chart: Chart, replicas: str, strategy: object) -> None:
    gateway = chart.render(marketGateway__replicas=replicas).one(
        "Deployment", "trading-strategy-operator-market-gateway"
    )
    assert gateway["spec"]["strategy"] == strategy


def test_changed_connections_restart_the_pods(chart: Chart) -> None:
    def checksums(rendered: Rendered) -> set[str]:
        return {pod["metadata"]["annotations"]["checksum/connections"] for _, pod in rendered.pods()}

    (before,), (after,) = checksums(chart.render()), checksums(chart.render(redis__url="redis://other:6379/0"))
    assert before != after


def test_selectors_do_not_change_with_the_version(rendered: Rendered) -> None:
    for deployment in rendered.of_kind("Deployment"):
        selector = deployment["spec"]["selector"]["matchLabels"]
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        assert selector.items() <= labels.items()
        assert not {"app.kubernetes.io/version", "helm.sh/chart"} & set(labels), "an unchanged pod must not restart"


def test_services_reach_the_pods_they_are_for(rendered: Rendered) -> None:
    pods = dict(rendered.pods())
    for service in rendered.of_kind("Service"):
        component = service["metadata"]["labels"]["app.kubernetes.io/component"]
        assert service["spec"]["selector"].items() <= pods[component]["metadata"]["labels"].items()
        assert [port["targetPort"] for port in service["spec"]["ports"]] == ["http"]
    assert rendered.one("Service", "strategy-service")["spec"]["ports"][0]["port"] == 8003
