"""The form in which a drawing becomes a file of a bundle: what means something, in one order, one node a line.

Positions, colours and selections are left out, so that moving a box about does not restart a strategy.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from strategy_code.workflow.node_types import node_type
from strategy_code.workflow.parameters import PARAMETERS
from strategy_code.workflow.reading import NoDrawing, StoredDrawing, as_drawing

WORKFLOW_FILE: Final = "workflow.json"


def workflow_bundle(
    workflow_data: Mapping[str, Any], parameters: Mapping[str, Any] | None = None
) -> tuple[dict[str, str], str]:
    """The files and the main file of the bundle that a drawing makes. Raises NoDrawing when it is none.

    `parameters` named `node.parameter`, the node by id or label, take the place of the drawing's own.
    """
    drawing = as_drawing(workflow_data)
    given = _by_node(drawing, parameters or {})
    nodes = [
        {
            "id": node.id,
            "type": node.type,
            "data": {"label": node.label, "parameters": {**node.parameters, **given.get(node.id, {})}},
        }
        for node in drawing.nodes
    ]
    edges = [
        {
            "source": edge.source,
            "target": edge.target,
            **({"sourceHandle": edge.source_handle} if edge.source_handle else {}),
            **({"targetHandle": edge.target_handle} if edge.target_handle else {}),
        }
        for edge in drawing.edges
    ]
    try:
        text = f'{{\n"nodes": [\n{_lines(nodes)}\n],\n"edges": [\n{_lines(edges)}\n]\n}}\n'
    except ValueError as error:
        raise NoDrawing(f"not a drawing: {error}") from None
    return {WORKFLOW_FILE: text}, WORKFLOW_FILE


def _by_node(drawing: StoredDrawing, parameters: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for name, value in parameters.items():
        node_name, dot, parameter = name.rpartition(".")
        if not dot:
            continue
        nodes = [node for node in drawing.nodes if node_name in (node.id, node.label)]
        if len(nodes) != 1:
            count = "no node is" if not nodes else f"{len(nodes)} nodes are"
            raise NoDrawing(f"parameter {name!r}: {count} called {node_name!r}")
        kind = node_type(nodes[0].type)
        if kind is not None and parameter not in PARAMETERS[kind.kind]:
            there = ", ".join(PARAMETERS[kind.kind]) or "none"
            raise NoDrawing(f"parameter {name!r}: the node has no {parameter!r}; its parameters: {there}")
        found.setdefault(nodes[0].id, {})[parameter] = value
    return found


def _lines(items: list[dict[str, Any]]) -> str:
    return ",\n".join(json.dumps(item, ensure_ascii=False, sort_keys=True, allow_nan=False) for item in items)
