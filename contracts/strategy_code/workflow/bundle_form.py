"""The form in which a drawing becomes a file of a bundle: what means something, in one order, one node a line.

Positions, colours and selections are left out, so that moving a box about does not restart a strategy.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from strategy_code.workflow.reading import NoDrawing, as_drawing

WORKFLOW_FILE: Final = "workflow.json"


def workflow_bundle(workflow_data: Mapping[str, Any]) -> tuple[dict[str, str], str]:
    """The files and the main file of the bundle that a drawing makes. Raises NoDrawing when it is none."""
    drawing = as_drawing(workflow_data)
    nodes = [
        {"id": node.id, "type": node.type, "data": {"label": node.label, "parameters": dict(node.parameters)}}
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


def _lines(items: list[dict[str, Any]]) -> str:
    return ",\n".join(json.dumps(item, ensure_ascii=False, sort_keys=True, allow_nan=False) for item in items)
