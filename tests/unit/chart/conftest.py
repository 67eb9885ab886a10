"""One Helm for all tests of the chart."""

import os
import shutil
from pathlib import Path

import pytest

from unit.chart.rendered_chart import Chart, Rendered


@pytest.fixture(scope="session")
def chart() -> Chart:
    """Rendered by the Helm in the local cluster's cache, or the machine's."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "strategy-operator"
    helm = shutil.which("helm") or next(map(str, cache.glob("helm-*/helm")), None)
    if helm is None:
        message = "no helm: run `make check-chart`, which builds it"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return Chart(helm)


@pytest.fixture(scope="session", params=["minimal", "full", "existing-secrets"])
def rendered(chart: Chart, request: pytest.FixtureRequest) -> Rendered:
    """Each of the values files that `make check-chart` renders."""
    return chart.render(request.param)
