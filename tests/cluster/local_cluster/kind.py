"""The other way, for machines whose Docker engine answers: kind runs Kubernetes, the services stay ours."""

from pathlib import Path

from . import commands, fingerprints, toolchain
from .layout import Layout
from .progress import step

NAME = "strategy-operator"
MODULE = "sigs.k8s.io/kind@v0.33.0"


def usable() -> bool:
    """A Docker client alone is not enough: the engine must answer."""
    return commands.succeeds("docker", "info")


def _path(layout: Layout) -> Path:
    return layout.cache / f"kind-{fingerprints.of_texts(MODULE)}" / "kind"


def program(layout: Layout) -> Path:
    found = _path(layout)
    if not found.exists():
        with step("building kind"):
            commands.run(toolchain.go(layout), "install", MODULE, env={"GOBIN": str(found.parent), "CGO_ENABLED": "0"})
    return found


def up(layout: Layout) -> None:
    kind = program(layout)
    if NAME in commands.run(kind, "get", "clusters").split():
        return
    with step("creating the kind cluster"):
        arguments = ("--name", NAME, "--config", layout.sources / "kind.yaml", "--kubeconfig", layout.admin_kubeconfig)
        commands.run(kind, "create", "cluster", *arguments, "--wait", "120s")


def down(layout: Layout) -> None:
    """Nothing to do where kind was never used: then its program is not there."""
    if not _path(layout).exists():
        return
    commands.run(program(layout), "delete", "cluster", "--name", NAME)


def build_and_load(layout: Layout, dockerfile: Path, tag: str) -> None:
    """Docker's own layer cache decides what is built again."""
    with step(f"building {tag} and loading it into kind"):
        commands.run("docker", "build", "--file", dockerfile, "--tag", tag, layout.repository)
        commands.run(program(layout), "load", "docker-image", tag, "--name", NAME)
