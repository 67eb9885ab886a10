"""A namespace of its own on the running cluster, with the CRD of this tree."""

import os
import secrets
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stack.kubectl import Kubectl

REPOSITORY = Path(__file__).parents[3]
CRD = "crd/tradingstrategies.trading.alphintra.io"


@pytest.fixture(scope="session")
def cluster() -> dict[str, str]:
    """The variables of cluster.env; without a cluster the tests are skipped here and fail in CI."""
    state = Path(os.environ.get("STRATEGY_CLUSTER_STATE", "/var/lib/strategy-operator-cluster"))
    file = state / "cluster.env"
    pairs = [line.partition("=") for line in file.read_text().splitlines()] if file.exists() else []
    variables = {name: value for name, _, value in pairs}
    if not variables.get("KUBECONFIG"):
        if os.environ.get("CI"):
            pytest.fail("no cluster: run `make cluster-up`")
        pytest.skip("no cluster: run `make cluster-up`")
    kubectl = [variables["KUBECTL"], "--kubeconfig", variables["KUBECONFIG"]]
    crds = str(REPOSITORY / "crds")
    subprocess.run([*kubectl, "apply", "--server-side", "--force-conflicts", "-f", crds], check=True)
    subprocess.run([*kubectl, "wait", "--for=condition=Established", CRD, "--timeout=30s"], check=True)
    return variables


@pytest.fixture
async def kubectl(cluster: dict[str, str]) -> AsyncIterator[Kubectl]:
    """kubectl in a fresh namespace, which is deleted afterwards."""
    namespace = f"operator-{secrets.token_hex(4)}"
    client = Kubectl(cluster["KUBECTL"], cluster["KUBECONFIG"], namespace)
    await client("create", "namespace", namespace)
    yield client
    await client("delete", "namespace", namespace, "--wait=false")
