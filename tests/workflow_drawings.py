"""Drawings for tests, in the console's form: a data source, nodes, wires. A test names only what it is about."""

import json
from typing import Any

Drawing = dict[str, Any]


def a_node(node_id: str, kind: str, label: str | None = None, **parameters: Any) -> Drawing:
    """A node as the console stores it."""
    data = {"label": label or node_id, "parameters": parameters}
    return {"id": node_id, "type": kind, "position": {"x": 0, "y": 0}, "data": data}


def a_source(node_id: str = "d", **parameters: Any) -> Drawing:
    values = {"symbol": "BTCUSDT", "timeframe": "1m", "assetClass": "crypto"} | parameters
    return a_node(node_id, "dataSource", **values)


def a_condition(node_id: str = "c", condition: str = "less_than", **parameters: Any) -> Drawing:
    return a_node(node_id, "condition", condition=condition, **parameters)


def an_action(node_id: str = "a", action: str = "buy", **parameters: Any) -> Drawing:
    return a_node(node_id, "action", action=action, **parameters)


def a_wire(source: str, target: str) -> Drawing:
    """`node` or `node.port` at either end."""
    edge: Drawing = {"id": f"{source}-{target}"}
    for end, text in (("source", source), ("target", target)):
        node, dot, port = text.partition(".")
        edge[end] = node
        if dot:
            edge[f"{end}Handle"] = port
    return edge


def a_drawing(*nodes: Drawing, wires: str = "") -> Drawing:
    """`wires` as `d>i i>c.value-input`."""
    return {"nodes": list(nodes), "edges": [a_wire(*wire.split(">")) for wire in wires.split()]}


def a_dip(**changes: Any) -> Drawing:
    """RSI below 30: buy."""
    indicator = a_node("i", "technicalIndicator", "RSI", indicator="RSI", period=14)
    return a_drawing(a_source(), indicator, a_condition(value=30, **changes), an_action(), wires="d>i i>c c>a")


def text_of(drawing: Drawing) -> str:
    return json.dumps(drawing)
