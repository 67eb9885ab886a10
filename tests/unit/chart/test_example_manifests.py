"""The manifests of examples/ hold the code of the .py files beside them and what the API server would admit."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from strategy_contracts.resource import KIND, TradingStrategy

EXAMPLES = Path(__file__).parents[3] / "examples"
MANIFESTS = sorted(EXAMPLES.glob("*.yaml"))


def documents(manifest: Path) -> dict[str, dict[str, Any]]:
    return {document["kind"]: document for document in yaml.safe_load_all(manifest.read_text())}


def code_of(found: dict[str, dict[str, Any]]) -> dict[str, str]:
    """File name to content, wherever the manifest has it."""
    source = found[KIND]["spec"]["source"]
    if "inline" in source:
        assert source["inline"]["mainFile"] in source["inline"]["files"]
        return dict(source["inline"]["files"])
    code = found["ConfigMap"]
    assert (code["metadata"]["name"], source["configMap"]["mainFile"] in code["data"]) == (
        source["configMap"]["name"],
        True,
    )
    return dict(code["data"])


def test_every_example_strategy_has_a_manifest() -> None:
    assert {manifest.stem.replace("-", "_") for manifest in MANIFESTS} == {path.stem for path in EXAMPLES.glob("*.py")}


@pytest.mark.parametrize("manifest", [pytest.param(path, id=path.stem) for path in MANIFESTS])
def test_a_manifest_holds_the_code_beside_it(manifest: Path) -> None:
    files = code_of(documents(manifest))
    assert files == {name: (EXAMPLES / name).read_text() for name in files}
    assert list(files) == [manifest.stem.replace("-", "_") + ".py"]


@pytest.mark.parametrize("manifest", [pytest.param(path, id=path.stem) for path in MANIFESTS])
def test_a_manifest_says_only_what_the_resource_knows(manifest: Path) -> None:
    resource = documents(manifest)[KIND]
    assert resource["metadata"]["name"] == manifest.stem
    TradingStrategy.model_validate(resource)
