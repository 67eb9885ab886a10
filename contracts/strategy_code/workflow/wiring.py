"""From edges to wires: which port of which node, by the handle that was saved or by what fits."""

from collections.abc import Callable, Mapping, Sequence

from strategy_code.workflow.graph import Node, NodeKind, Wire, WireType
from strategy_code.workflow.indicator_codes import OF_PRICES, canonical_code
from strategy_code.workflow.ports import INPUTS, find_input, find_output, output_types
from strategy_code.workflow.reading import StoredEdge

Tell = Callable[[Node | None, str], None]
"""Reports what is wrong: at which node, and the sentence."""


class Wiring:
    """Finds the ports of all edges; what fits nowhere is told."""

    def __init__(self, nodes: Mapping[str, Node], tell: Tell) -> None:
        self._nodes, self._tell = nodes, tell
        self._taken: dict[tuple[str, str], Wire] = {}

    def wires(self, edges: Sequence[StoredEdge]) -> tuple[Wire, ...]:
        """Edges that name their port come first: what is left is for those that do not."""
        found: dict[int, Wire] = {}
        for named in (True, False):
            for place, edge in enumerate(edges):
                if place not in found and self._names_input(edge) is named and (wire := self._wire(edge)) is not None:
                    found[place] = wire
        return tuple(dict.fromkeys(found[place] for place in sorted(found)))

    def _names_input(self, edge: StoredEdge) -> bool:
        target = self._nodes.get(edge.target)
        if target is None:
            return True
        try:
            return find_input(target.kind, edge.target_handle) is not None
        except KeyError:
            return True

    def _wire(self, edge: StoredEdge) -> Wire | None:
        source, target = self._nodes.get(edge.source), self._nodes.get(edge.target)
        if source is None or target is None:
            missing = edge.source if source is None else edge.target
            self._tell(source or target, f"an edge leads to {missing!r}, which is not in the drawing")
            return None
        output = self._output(source, edge.source_handle)
        if output is None:
            return None
        carried = output_types(source.kind, source.parameters.get("indicator"))[output]
        port = self._input(target, edge.target_handle, carried, source)
        if port is None:
            return None
        wire = Wire(source.id, output, target.id, port)
        before = self._taken.setdefault((target.id, port), wire)
        if before != wire:
            advice = "combine them with a logic node" if carried is WireType.SIGNAL else "remove one of them"
            self._tell(target, f"two wires end at {port}, from {before.source} and {source.id}; {advice}")
            return None
        return wire

    def _output(self, source: Node, handle: str | None) -> str | None:
        indicator = source.parameters.get("indicator")
        try:
            return find_output(source.kind, indicator, handle)
        except KeyError:
            there = ", ".join(output_types(source.kind, indicator)) or "none"
            self._tell(source, f"has no output {handle!r}; its outputs: {there}")
            return None

    def _input(self, target: Node, handle: str | None, carried: WireType, source: Node) -> str | None:
        inputs = _inputs(target)
        try:
            port = find_input(target.kind, handle)
        except KeyError:
            self._tell(target, f"has no input {handle!r}; its inputs: {', '.join(inputs) or 'none'}")
            return None
        if port is None:
            fitting = [name for name, takes in inputs.items() if carried in takes]
            port = next((name for name in fitting if (target.id, name) not in self._taken), None)
            if port is None:
                free = "no free input" if fitting else "no input"
                self._tell(target, f"has {free} for {carried} from {source}")
            return port
        if carried not in inputs[port]:
            wanted = " or ".join(inputs[port])
            self._tell(target, f"{port} takes {wanted}, but {source} gives {carried}{_advice(target, carried)}")
            return None
        return port


def _inputs(node: Node) -> Mapping[str, tuple[WireType, ...]]:
    """What the node's ports take; an indicator that reads bars takes nothing else."""
    if node.kind is NodeKind.INDICATOR and canonical_code(str(node.parameters.get("indicator"))) in OF_PRICES:
        return {"data-input": (WireType.PRICES,)}
    return INPUTS[node.kind]


def _advice(target: Node, carried: WireType) -> str:
    if target.kind in (NodeKind.ACTION, NodeKind.LOGIC, NodeKind.RISK) and carried is not WireType.SIGNAL:
        return "; put a condition between them"
    return ""
