"""Container images without a registry: built by buildah, kept as archives in the cache, imported into our containerd.

An image is built again only when its inputs change, and imported again only when it was built again.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from . import commands, containerd, dockerfiles, exclusive, fingerprints, mounts, pip_configuration, processes
from .errors import MachineUnfit
from .layout import Layout
from .progress import step

PYTHON_IMAGE = "localhost/python:3.11-slim-bookworm"
SUITE = "bookworm"
"""debootstrap knows where Debian keeps it."""
PYTHON_PACKAGES = ("python3", "python3-venv", "python3-pip", "ca-certificates")
# What the official image has and Debian's does not, and the other way round.
PYTHON_ADJUSTMENT = """\
set -e
ln -sf python3 "$1/usr/bin/python"
rm -f "$1"/usr/lib/python3.11/EXTERNALLY-MANAGED
rm -rf "$1"/var/cache/apt/* "$1"/var/lib/apt/lists/* "$1"/var/log/*
rm -rf "$1"/usr/share/doc/* "$1"/usr/share/man/* "$1"/usr/share/locale/*
"""
PATH_VARIABLE = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def buildah(layout: Layout, *arguments: str | Path) -> str:
    storage = (
        "--root",
        layout.images / "storage",
        "--runroot",
        layout.state / "buildah-run",
        "--storage-driver",
        "overlay",
    )
    return commands.run("buildah", *storage, *arguments, env={"STORAGE_DRIVER": "overlay"})


def python_image(layout: Layout) -> str:
    """The base image of our Dockerfiles: Debian 12 with its Python 3.11, made by debootstrap."""
    key = fingerprints.of_texts(SUITE, *PYTHON_PACKAGES, PYTHON_ADJUSTMENT, PATH_VARIABLE)

    def make() -> None:
        root = layout.images / "rootfs"
        shutil.rmtree(root, ignore_errors=True)
        with step("making the Python base image with debootstrap, about 1 minute"):
            packages = f"--include={','.join(PYTHON_PACKAGES)}"
            keyring = "--keyring=/usr/share/keyrings/debian-archive-keyring.gpg"
            commands.run("debootstrap", "--variant=minbase", keyring, packages, SUITE, root)
            commands.run("sh", "-c", PYTHON_ADJUSTMENT, "adjust", root)
            _commit(layout, root, PYTHON_IMAGE, "--env", PATH_VARIABLE, "--env", "LANG=C.UTF-8", "--cmd", "python3")
        mounts.unmount_below(root)
        shutil.rmtree(root)

    return _ensure(layout, PYTHON_IMAGE, key, make)


def pause_image(layout: Layout) -> str:
    source = layout.sources / "pause/pause.c"

    def make() -> None:
        with step("making the pause image"), tempfile.TemporaryDirectory() as directory:
            commands.run("gcc", "-Os", "-static", "-s", "-o", Path(directory) / "pause", source)
            _commit(layout, Path(directory), containerd.PAUSE_IMAGE, "--entrypoint", '["/pause"]')

    return _ensure(layout, containerd.PAUSE_IMAGE, fingerprints.of_files(layout.sources, [source]), make)


def build(layout: Layout, dockerfile: Path, tag: str) -> str:
    """Builds a Dockerfile of the repository as `tag` and returns the key of its inputs."""
    text = dockerfile.read_text()
    base_key = python_image(layout) if dockerfiles.takes_base_image(text) else ""
    inputs = dockerfiles.inputs(dockerfile, layout.repository)
    key = fingerprints.of_files(layout.repository, inputs, tag, base_key)

    def make() -> None:
        with step(f"building {tag} from {dockerfile.name}"), _machine_files(layout) as volumes:
            base = ("--build-arg", f"{dockerfiles.BASE_ARGUMENT}={PYTHON_IMAGE}") if base_key else ()
            isolation = ("--isolation", "chroot", "--network", "host", "--layers", "--pull-never", *_policy(layout))
            buildah(layout, "build", *isolation, *base, *volumes, "--file", dockerfile, "--tag", tag, layout.repository)

    return _ensure(layout, tag, key, make)


def load(layout: Layout, tag: str, key: str) -> None:
    """Imports a built image into the running containerd, unless it is there already."""
    if not running(layout):
        raise MachineUnfit("the cluster is not up: run `make cluster-up` first")
    record = layout.containerd / "imported.json"
    imported = json.loads(record.read_text()) if record.exists() else {}
    if imported.get(tag) == key and tag in containerd.image_names(layout):
        return
    with step(f"importing {tag}"):
        containerd.import_image(layout, _archive(layout, tag), tag)
    record.write_text(json.dumps({**imported, tag: key}, indent=1))


def running(layout: Layout) -> bool:
    record = processes.records(layout).get("containerd")
    return record is not None and processes.alive(record)


def _ensure(layout: Layout, tag: str, key: str, make: Callable[[], None]) -> str:
    archive, record = _archive(layout, tag), _archive(layout, tag).with_suffix(".json")
    with exclusive.held(layout.images / "lock"):
        if archive.exists() and record.exists() and json.loads(record.read_text())["key"] == key:
            return key
        make()
        with step(f"writing {tag} to an archive"):
            unfinished = archive.with_suffix(".part")
            unfinished.unlink(missing_ok=True)
            buildah(layout, "push", "--quiet", *_policy(layout), tag, f"docker-archive:{unfinished}:{tag}")
            unfinished.replace(archive)
        record.write_text(json.dumps({"tag": tag, "key": key}))
    return key


def _archive(layout: Layout, tag: str) -> Path:
    return layout.images / (tag.replace("/", "_").replace(":", "_") + ".tar")


def _commit(layout: Layout, root: Path, tag: str, *configuration: str) -> None:
    container = buildah(layout, "from", "scratch").strip()
    buildah(layout, "copy", "--quiet", container, root, "/")
    buildah(layout, "config", *configuration, container)
    buildah(layout, "commit", "--quiet", "--rm", *_policy(layout), container, tag)


def _policy(layout: Layout) -> tuple[str, str]:
    """Debian asks for a system-wide file of trusted signers; ours says that local images need none."""
    policy = layout.images / "policy.json"
    policy.parent.mkdir(parents=True, exist_ok=True)
    policy.write_text(json.dumps({"default": [{"type": "insecureAcceptAnything"}]}))
    return "--signature-policy", str(policy)


@contextmanager
def _machine_files(layout: Layout) -> Iterator[list[str]]:
    """Read-only mounts that let pip inside a build reach what pip outside of it reaches."""
    configuration = pip_configuration.of_machine(os.environ)
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(pip_configuration.render(configuration))
        file.flush()
        paths = [path for path in pip_configuration.referenced_paths(configuration) if path.exists()]
        pairs = [(Path(file.name), Path("/etc/pip.conf")), *((path.resolve(), path) for path in paths)]
        yield [word for source, target in pairs for word in ("--volume", f"{source}:{target}:ro")]
