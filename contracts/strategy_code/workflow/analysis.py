"""`read_workflow`: from the text of a drawing to a checked workflow and what is wrong with it. Executes nothing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from strategy_code.verdict import Finding, Severity
from strategy_code.workflow.checks import check_cycles, check_node, check_wired
from strategy_code.workflow.graph import Node, NodeKind, Workflow
from strategy_code.workflow.node_types import node_type, own_names
from strategy_code.workflow.parameters import check_parameters
from strategy_code.workflow.reading import NoDrawing, StoredDrawing, StoredNode, read_drawing
from strategy_code.workflow.refused_indicators import REFUSED_INDICATORS
from strategy_code.workflow.wiring import Wiring
from strategy_contracts.action_words import action_word

RULE: Final = "workflow"


@dataclass(frozen=True)
class WorkflowReading:
    """`workflow` is there exactly when no finding is an error."""

    workflow: Workflow | None
    findings: tuple[Finding, ...]


def read_workflow(text: str, file: str = "workflow.json") -> WorkflowReading:
    """The workflow in the text, and what its author should know."""
    try:
        drawing = read_drawing(text)
    except NoDrawing as problem:
        return WorkflowReading(None, (Finding(rule=RULE, message=str(problem), file=file),))
    return _Reader(text, file).read(drawing)


class _Reader:
    def __init__(self, text: str, file: str) -> None:
        self._text, self._file = text, file
        self._findings: list[Finding] = []

    def read(self, drawing: StoredDrawing) -> WorkflowReading:
        nodes = {stored.id: node for stored in drawing.nodes if (node := self._node(stored)) is not None}
        for node_id in drawing.repeated:
            self._tell(nodes.get(node_id), f"more than one node has the id {node_id}")
        if len(nodes) < len(drawing.nodes):
            # Wires to what could not be read would be reported a second time, as missing.
            return self._result(None)
        wires = Wiring(nodes, self._tell).wires(drawing.edges)
        workflow = Workflow(tuple(nodes.values()), wires)
        for node, sentence in check_cycles(workflow):
            self._tell(node, sentence)
        if not self._has_error():
            self._check_whole(workflow)
        return self._result(workflow)

    def _check_whole(self, workflow: Workflow) -> None:
        for node, sentence in check_wired(workflow):
            self._tell(node, sentence)
        if not workflow.of_kind(NodeKind.DATA_SOURCE):
            self._tell(None, "the drawing has no data source")
        actions = workflow.of_kind(NodeKind.ACTION)
        silent = [node for node in actions if _word(node).action is None]
        for node in silent:
            self._tell(node, f"{node.parameters['action']} {_word(node).reason}", Severity.WARNING)
        if len(silent) == len(actions):
            what = "no action gives a signal" if actions else "the drawing has no action"
            self._tell(None, f"{what}: nothing would ever be decided")

    def _node(self, stored: StoredNode) -> Node | None:
        found = node_type(stored.type)
        if found is None:
            self._say(stored.id, stored.label, stored.type, "this type of node is not known")
            return None
        written = own_names(found.kind, {**found.implied, **stored.parameters})
        parameters, problems = check_parameters(found.kind, written)
        node = Node(stored.id, stored.label, found.kind, parameters)
        for sentence in (*problems, *check_node(node, REFUSED_INDICATORS)):
            self._tell(node, sentence)
        return node

    def _tell(self, node: Node | None, sentence: str, severity: Severity = Severity.ERROR) -> None:
        if node is None:
            self._findings.append(Finding(rule=RULE, message=sentence, file=self._file, severity=severity))
        else:
            self._say(node.id, node.label, node.kind, sentence, severity)

    def _say(self, node_id: str, label: str, kind: str, sentence: str, severity: Severity = Severity.ERROR) -> None:
        message = f'"{label}" ({kind} {node_id}): {sentence}'
        line = self._line_of(node_id)
        self._findings.append(Finding(rule=RULE, message=message, file=self._file, line=line, severity=severity))

    def _line_of(self, node_id: str) -> int:
        place = self._text.find(json.dumps(node_id, ensure_ascii=False))
        return self._text.count("\n", 0, place) + 1 if place >= 0 else 1

    def _has_error(self) -> bool:
        return any(finding.severity is Severity.ERROR for finding in self._findings)

    def _result(self, workflow: Workflow | None) -> WorkflowReading:
        return WorkflowReading(None if self._has_error() else workflow, tuple(self._findings))


def _word(node: Node) -> Any:
    found = action_word(str(node.parameters.get("action")))
    assert found is not None
    return found


def is_drawing(files: Mapping[str, str], main_file: str) -> bool:
    """Whether a bundle is a drawing: its main file is JSON."""
    return main_file in files and main_file.endswith(".json")
