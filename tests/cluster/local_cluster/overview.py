"""`status`: what runs, what it costs, where it is reached."""

from . import processes, procfs, readiness
from .endpoints import Endpoints
from .layout import NODE_NAME, Layout
from .progress import say

ROW = "  {:<24} {:<8} {:>8} {:>9}  {}"


def show(layout: Layout) -> bool:
    """Prints the table; True when everything that was started is alive."""
    records = processes.records(layout)
    if not records:
        say("no cluster on this machine: `make cluster-up` starts one")
        return False
    say(ROW.format("component", "state", "pid", "memory", "endpoint"))
    for record in records.values():
        living = processes.alive(record)
        memory = f"{procfs.resident_mib(record.pid):.0f} MiB" if living else "-"
        say(
            ROW.format(
                record.name, "running" if living else "DEAD", record.pid if living else "-", memory, record.endpoint
            )
        )
    if "kube-apiserver" in records:
        say(_node_line(layout))
    endpoints = Endpoints.load(layout.endpoints_file)
    if endpoints:
        say(f"  endpoints in {layout.endpoints_file}, logs in {layout.log}")
    return endpoints is not None and all(processes.alive(record) for record in records.values())


def _node_line(layout: Layout) -> str:
    if not (layout.pki / "admin.crt").exists():
        return "  node: no certificates"
    api = readiness.ApiServer(layout)
    pods = (api.get("/api/v1/pods") or {}).get("items", [])
    phases = [pod["status"].get("phase", "Unknown") for pod in pods]
    counts = ", ".join(f"{phases.count(phase)} {phase}" for phase in sorted(set(phases))) or "none"
    return f"  node {NODE_NAME}: {'Ready' if api.node_ready(NODE_NAME) else 'not ready'}; pods: {counts}"
