"""The container runtime under our own directories and socket: its configuration, its images, and its end."""

import contextlib
import json
import shutil
import tempfile
import time
from pathlib import Path

from . import archives, commands, listeners, procfs
from .errors import CommandFailed
from .layout import BRIDGE, CNI_NETWORK, NODE_NETWORK, Layout
from .processes import Program

PAUSE_IMAGE = "localhost/pause:1"
PLUGIN_DIRECTORIES = (Path("/usr/lib/cni"), Path("/opt/cni/bin"))
SHIM = "containerd-shim-runc-v2"
# Compiled into containerd; the sockets of its shims are here wherever its state is.
SHIM_SOCKETS = Path("/run/containerd/s")


def configuration(layout: Layout) -> str:
    plugins = next(
        (directory for directory in PLUGIN_DIRECTORIES if (directory / "bridge").exists()), PLUGIN_DIRECTORIES[0]
    )
    return f"""\
version = 2
root = "{layout.containerd}"
state = "{layout.state}/containerd-state"

[grpc]
  address = "{layout.containerd_socket}"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE_IMAGE}"
  # Some virtual machines withhold CAP_SYS_RESOURCE even from root; runc then may not lower a score.
  restrict_oom_score_adj = true

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  Root = "{layout.state}/runc"

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "{plugins}"
  conf_dir = "{layout.config}/cni"
"""


def network_configuration(layout: Layout) -> str:
    addresses = {
        "type": "host-local",
        "dataDir": str(layout.data / "cni"),
        "ranges": [[{"subnet": NODE_NETWORK}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    bridge = {
        "type": "bridge",
        "bridge": BRIDGE,
        "isGateway": True,
        "ipMasq": True,
        "hairpinMode": True,
        "ipam": addresses,
    }
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return json.dumps({"cniVersion": "1.0.0", "name": CNI_NETWORK, "plugins": [bridge, ports]}, indent=1)


def program(layout: Layout) -> Program:
    config, network = layout.config / "containerd.toml", layout.config / "cni/10-pods.conflist"
    return Program(
        name="containerd",
        argv=("containerd", "--config", str(config)),
        endpoint=str(layout.containerd_socket),
        inputs=(config.read_text(), network.read_text()),
    )


def control(layout: Layout, *arguments: str | Path) -> str:
    return commands.run("ctr", "--address", layout.containerd_socket, "--namespace", "k8s.io", *arguments)


def ready(layout: Layout) -> bool:
    return commands.succeeds("ctr", "--address", layout.containerd_socket, "version")


def image_names(layout: Layout) -> set[str]:
    return set(control(layout, "images", "list", "--quiet").split())


def import_image(layout: Layout, archive: Path, tag: str) -> None:
    present = control(layout, "content", "list", "--quiet").split()
    with tempfile.NamedTemporaryFile(suffix=".tar") as missing:
        archives.write_missing(archive, tag, set(present), Path(missing.name))
        control(layout, "images", "import", missing.name)


def shims(layout: Layout) -> list[int]:
    """Parents of containers: they outlive containerd, so they are found by the socket they were given."""
    address = str(layout.containerd_socket)
    found = []
    for pid in procfs.all_pids():
        words = procfs.command_line(pid)
        if words and Path(words[0]).name == SHIM and address in words:
            found.append(pid)
    return found


def forget_containers(layout: Layout) -> bool:
    """Takes dead containers out of a running containerd's books; False when they do not go."""
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        names = control(layout, "containers", "list", "--quiet").split()
        if not names:
            return True
        # The runtime may still be busy with the death of a task; then the next round gets it.
        with contextlib.suppress(CommandFailed):
            control(layout, "containers", "delete", *names)
        time.sleep(0.1)
    return False


def wipe(layout: Layout, keep_images: bool) -> None:
    """Removes what containers left on disk; without `keep_images` all there is, to be imported again."""
    shutil.rmtree(layout.state / "containerd-state", ignore_errors=True)
    shutil.rmtree(layout.state / "runc", ignore_errors=True)
    layout.containerd_socket.unlink(missing_ok=True)
    Path(f"{layout.containerd_socket}.ttrpc").unlink(missing_ok=True)
    if keep_images:
        for part in ("sandboxes", "containers"):
            shutil.rmtree(layout.containerd / "io.containerd.grpc.v1.cri" / part, ignore_errors=True)
    else:
        shutil.rmtree(layout.containerd, ignore_errors=True)


def remove_dead_sockets() -> None:
    """Shim sockets that nobody listens on; another containerd's living ones stay."""
    if not SHIM_SOCKETS.is_dir():
        return
    for socket in SHIM_SOCKETS.iterdir():
        if not listeners.unix_socket_bound(socket):
            socket.unlink(missing_ok=True)
    for directory in (SHIM_SOCKETS, SHIM_SOCKETS.parent):
        with contextlib.suppress(OSError):  # somebody else's files are in it
            directory.rmdir()
