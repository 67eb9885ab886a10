"""Takes out of the packet filter what Kubernetes and the CNI plugins put in, and nothing else."""

import re
import shutil
from collections.abc import Iterator

from . import commands
from .layout import BRIDGE

OUR_CHAIN = re.compile(r"(?:KUBE|CNI)-\S+")
RULE = re.compile(r"-A (?P<chain>\S+) (?P<specification>.*)")
TARGET = re.compile(r"-(?:j|g) (?P<chain>\S+)")
TOOLS = ("iptables", "ip6tables")
# A machine whose forward policy is DROP (a firewall, another container engine) would cut the pods off.
FORWARD_RULES = (("-i", BRIDGE), ("-o", BRIDGE))
MARK = "strategy-operator-cluster"


def removal(saved: str) -> str:
    """Input for `iptables-restore --noflush` that undoes our part of what `iptables-save` printed."""
    script: list[str] = []
    for table, lines in _tables(saved):
        chains = [name for line in lines if line.startswith(":") and OUR_CHAIN.fullmatch(name := line[1:].split()[0])]
        references = [rule for line in lines if (rule := _foreign_rule_of_ours(line))]
        if chains or references:
            # Naming a chain empties it; only then can chains that jump to each other be deleted.
            script += [f"*{table}", *(f":{chain} - [0:0]" for chain in chains), *references]
            script += [*(f"-X {chain}" for chain in chains), "COMMIT"]
    return "".join(f"{line}\n" for line in script)


def rules(saved: str) -> set[str]:
    """Rules and own chains without counters and comments: what two states of the filter are compared by."""
    found: set[str] = set()
    for table, lines in _tables(saved):
        for line in lines:
            user_chain = line.startswith(":") and line.split()[1] == "-"
            if line.startswith("-A ") or user_chain:
                found.add(f"{table} {line.split(' [')[0]}")
    return found


def _tables(saved: str) -> Iterator[tuple[str, list[str]]]:
    name, lines = "", list[str]()
    for line in saved.splitlines():
        if line.startswith("*"):
            name, lines = line[1:], []
        elif line == "COMMIT":
            yield name, lines
        elif line and not line.startswith("#"):
            lines.append(line)


def _foreign_rule_of_ours(line: str) -> str | None:
    """The `-D` for a rule that stands in somebody else's chain and is there because of us."""
    rule = RULE.fullmatch(line)
    if rule is None or OUR_CHAIN.fullmatch(rule["chain"]):
        return None
    target = TARGET.search(rule["specification"])
    jumps_to_ours = target is not None and OUR_CHAIN.fullmatch(target["chain"]) is not None
    return f"-D {rule['chain']} {rule['specification']}" if jumps_to_ours or MARK in line else None


def saved(tool: str) -> str:
    return commands.run(f"{tool}-save") if shutil.which(f"{tool}-save") else ""


def allow_forwarding() -> None:
    present = saved("iptables")
    for match in FORWARD_RULES:
        if not any(MARK in line and " ".join(match) in line for line in present.splitlines()):
            commands.run("iptables", "-I", "FORWARD", *match, "-m", "comment", "--comment", MARK, "-j", "ACCEPT")


def remove_ours() -> None:
    for tool in TOOLS:
        script = removal(saved(tool))
        if script:
            commands.run(f"{tool}-restore", "--noflush", stdin=script)
