"""A drawn workflow after reading: nodes with checked parameters, wires between named ports. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any


class NodeKind(StrEnum):
    """What a node does, in the editor's spelling."""

    DATA_SOURCE = "dataSource"
    CUSTOM_DATASET = "customDataset"
    INDICATOR = "technicalIndicator"
    CONDITION = "condition"
    LOGIC = "logic"
    ACTION = "action"
    RISK = "risk"
    OUTPUT = "output"
    REGIME = "marketRegimeDetection"
    TIMEFRAMES = "multiTimeframeAnalysis"
    CORRELATION = "correlationAnalysis"
    SENTIMENT = "sentimentAnalysis"


class WireType(StrEnum):
    """What a wire carries; prices can stand for a number: their close."""

    PRICES = "prices"
    NUMBER = "numbers"
    SIGNAL = "a signal"


@dataclass(frozen=True)
class Node:
    """One box of the drawing. `parameters` hold what was written and passed the checks; defaults stay absent."""

    id: str
    label: str
    kind: NodeKind
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f'"{self.label}" ({self.kind} {self.id})'


@dataclass(frozen=True)
class Wire:
    """From an output port of one node to an input port of another."""

    source: str
    output: str
    target: str
    input: str


@dataclass(frozen=True)
class Workflow:
    """The whole drawing; nodes in the order in which they are stored, without cycles."""

    nodes: tuple[Node, ...]
    wires: tuple[Wire, ...]

    def node(self, node_id: str) -> Node:
        return next(node for node in self.nodes if node.id == node_id)

    @cached_property
    def _ending_at(self) -> Mapping[str, tuple[Wire, ...]]:
        found: dict[str, list[Wire]] = {}
        for wire in self.wires:
            found.setdefault(wire.target, []).append(wire)
        return {target: tuple(wires) for target, wires in found.items()}

    def inputs(self, node_id: str) -> dict[str, Wire]:
        """The wires that end at the node, by input port."""
        return {wire.input: wire for wire in self._ending_at.get(node_id, ())}

    def of_kind(self, kind: NodeKind) -> tuple[Node, ...]:
        return tuple(node for node in self.nodes if node.kind is kind)

    def in_order(self) -> tuple[Node, ...]:
        """Every node after all that are wired into it; otherwise as stored."""
        waiting = {node.id: len({wire.source for wire in self.wires if wire.target == node.id}) for node in self.nodes}
        followers: dict[str, set[str]] = {node.id: set() for node in self.nodes}
        for wire in self.wires:
            followers[wire.source].add(wire.target)
        places = {node.id: place for place, node in enumerate(self.nodes)}
        ready = [node.id for node in self.nodes if waiting[node.id] == 0]
        ordered: list[Node] = []
        while ready:
            node_id = ready.pop(0)
            ordered.append(self.nodes[places[node_id]])
            for follower in sorted(followers[node_id], key=places.__getitem__):
                waiting[follower] -= 1
                if waiting[follower] == 0:
                    ready.append(follower)
        return tuple(ordered)

    def upstream(self, node_id: str) -> set[str]:
        """Ids of all nodes that the node's inputs come from, directly or not."""
        found: set[str] = set()
        stack = [node_id]
        while stack:
            for wire in self._ending_at.get(stack.pop(), ()):
                if wire.source not in found:
                    found.add(wire.source)
                    stack.append(wire.source)
        return found

    def nearest_source(self, node_id: str) -> Node | None:
        """The data source that is the fewest wires away; of equally near ones the one stored first."""
        level, seen = [node_id], {node_id}
        sources = {node.id: node for node in self.of_kind(NodeKind.DATA_SOURCE)}
        while level:
            found = next((source for source_id, source in sources.items() if source_id in level), None)
            if found is not None:
                return found
            before = (wire.source for node in level for wire in self._ending_at.get(node, ()))
            level = [source for source in dict.fromkeys(before) if source not in seen]
            seen.update(level)
        return None
