"""The Debian packages we need: installed when a file of theirs is missing, their services never started by us."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from . import commands
from .errors import MachineUnfit
from .progress import step

# package -> a file that proves it, however it came onto the machine
SERVICE_PACKAGES: Mapping[str, str] = {
    "iproute2": "sbin/ip",
    "openssl": "bin/openssl",
    "python3-venv": "lib/python3*/ensurepip/__init__.py",
    "maven": "bin/mvn",
    "default-jre-headless": "bin/java",
    "redis-server": "bin/redis-server",
    "postgresql": "lib/postgresql/*/bin/initdb",
}
KUBERNETES_PACKAGES: Mapping[str, str] = {
    "containerd": "bin/containerd",
    "runc": "sbin/runc",
    "containernetworking-plugins": "lib/cni/bridge",
    "iptables": "sbin/iptables",
    "conntrack": "sbin/conntrack",
    "kmod": "bin/kmod",
    "debootstrap": "sbin/debootstrap",
    "debian-archive-keyring": "share/keyrings/debian-archive-keyring.gpg",
    "buildah": "bin/buildah",
    "gcc": "bin/gcc",
    "libc6-dev": "lib/*/libc.a",
    "ca-certificates": "sbin/update-ca-certificates",
}
# Installed for their programs; a boot must not start them on their default ports.
SERVICES = ("containerd", "redis-server", "postgresql")
POLICY = Path("/usr/sbin/policy-rc.d")


def missing(packages: Mapping[str, str]) -> list[str]:
    return [package for package, proof in packages.items() if not _present(proof)]


def _present(proof: str) -> bool:
    if proof.startswith(("bin/", "sbin/")) and shutil.which(Path(proof).name):
        return True
    return any(any(root.glob(proof)) for root in (Path("/usr"), Path("/usr/local")))


def install(packages: Mapping[str, str]) -> None:
    wanted = missing(packages)
    if not wanted:
        return
    if shutil.which("apt-get") is None:
        raise MachineUnfit(f"apt-get is missing; install these by hand: {', '.join(wanted)}")
    environment = {"DEBIAN_FRONTEND": "noninteractive"}
    with step(f"installing with apt: {', '.join(wanted)}"), _services_held_back():
        commands.run("apt-get", "update", "--quiet", env=environment)
        commands.run("apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *wanted, env=environment)
        for service in SERVICES:
            if service in wanted and shutil.which("systemctl"):
                commands.succeeds("systemctl", "disable", "--quiet", service)
    still = missing(packages)
    if still:
        raise MachineUnfit(f"installed, but not found afterwards: {', '.join(still)}")


@contextmanager
def _services_held_back() -> Iterator[None]:
    """Debian's own switch against starting services at installation; a machine's own policy stays in charge."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)
