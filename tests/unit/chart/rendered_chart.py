"""The chart rendered by the real Helm, as plain objects."""

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[3]
CHART = ROOT / "helm/strategy-operator"
RELEASE, NAMESPACE = "trading", "trading-system"

Manifest = Mapping[str, Any]


class Refused(Exception):
    """Helm would not render; the message is what a person reads."""


class Rendered:
    """The manifests of one rendering."""

    def __init__(self, manifests: list[Manifest]) -> None:
        self.manifests = manifests

    def of_kind(self, kind: str) -> list[Manifest]:
        return [manifest for manifest in self.manifests if manifest["kind"] == kind]

    def one(self, kind: str, name: str, namespace: str | None = None) -> Manifest:
        (found,) = [
            manifest
            for manifest in self.of_kind(kind)
            if manifest["metadata"]["name"] == name and namespace in (None, manifest["metadata"].get("namespace"))
        ]
        return found

    def pods(self) -> Iterator[tuple[str, Manifest]]:
        """Component name and pod template of every Deployment."""
        for deployment in self.of_kind("Deployment"):
            template = deployment["spec"]["template"]
            yield template["metadata"]["labels"]["app.kubernetes.io/component"], template

    def environment(self, component: str) -> dict[str, Manifest]:
        """Variables of a component's only container."""
        (container,) = dict(self.pods())[component]["spec"]["containers"]
        return {variable["name"]: variable for variable in container["env"]}


class Chart:
    """The chart and the Helm to render it with."""

    def __init__(self, helm: str) -> None:
        self._helm = helm

    def render(self, values: str = "minimal", **settings: str) -> Rendered:
        """Render with a file of helm/ci, and `--set` on top: `api__auth__mode="disabled"` sets api.auth.mode."""
        overrides = [word for key, value in settings.items() for word in ("--set", f"{key.replace('__', '.')}={value}")]
        fixed = ("--namespace", NAMESPACE, "--kube-version", "1.37")
        done = subprocess.run(
            [self._helm, "template", RELEASE, CHART, *fixed, "--values", ROOT / f"helm/ci/{values}.yaml", *overrides],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise Refused(done.stderr)
        return Rendered([manifest for manifest in yaml.safe_load_all(done.stdout) if manifest])
