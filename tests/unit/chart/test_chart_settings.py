"""Every setting of a process can be set by the chart, and the chart sets nothing that no process reads."""

from dataclasses import MISSING, fields
from typing import Any, NamedTuple

import pytest

from market_gateway.__main__ import Settings as GatewaySettings
from strategy_api.settings import ApiSettings
from strategy_operator.settings import Settings as OperatorSettings
from strategy_process.settings import read_settings, variables
from unit.chart.rendered_chart import Chart, Rendered


class Process(NamedTuple):
    component: str
    settings: type[Any]
    fixed: set[str]
    """Variables that are nobody's business outside of the pod."""
    other_defaults: set[str]
    """Fields whose default is for a process outside of a cluster."""


PROCESSES = [
    Process("operator", OperatorSettings, {"HEALTH_HOST"}, {"lease_name"}),
    Process("api", ApiSettings, {"SERVICE_HOST", "CLUSTER"}, {"strategy_namespaces", "redis_url", "jwt_secret_key"}),
    Process(
        "market-gateway",
        GatewaySettings,
        {"HTTP_HOST"},
        {"lease_namespace", "lease_name", "pod_name", "market_redis_prefix"},
    ),
]
EACH_PROCESS = pytest.mark.parametrize(
    "process", [pytest.param(process, id=process.component) for process in PROCESSES]
)


def environment(rendered: Rendered, component: str) -> dict[str, str]:
    """Variables with their values; for a reference, a text that is valid wherever one is used."""
    own = {name: variable for name, variable in rendered.environment(component).items() if name != "EXTRA"}
    reference = "cmVmZXJlbmNlIHRvIGEgc2VjcmV0IG9mIDMyIGJ5dGVz"
    return {
        name: variable.get("value", "postgresql://db/x" if name.endswith("_DATABASE_URL") else reference)
        for name, variable in own.items()
    }


@EACH_PROCESS
def test_chart_and_process_know_the_same_settings(chart: Chart, process: Process) -> None:
    said = environment(chart.render("full"), process.component)
    assert set(said) == set(variables(process.settings)) - process.fixed


@EACH_PROCESS
@pytest.mark.parametrize("values", ["minimal", "full", "existing-secrets"])
def test_the_process_accepts_what_the_chart_says(chart: Chart, process: Process, values: str) -> None:
    read_settings(process.settings, environment(chart.render(values), process.component))


@EACH_PROCESS
def test_the_chart_has_the_defaults_of_the_process(chart: Chart, process: Process) -> None:
    given = read_settings(process.settings, environment(chart.render(), process.component))
    optional = [field for field in fields(process.settings) if field.default is not MISSING]
    changed = {field.name for field in optional if getattr(given, field.name) != field.default}
    assert changed == process.other_defaults
