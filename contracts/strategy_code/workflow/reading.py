"""From the text of a drawing to its nodes and edges as stored. The text is hostile: everything is bounded and checked.

What is wrong is a `Problem` at a node; what is no drawing at all is `NoDrawing`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

MAX_TEXT: Final = 512 * 1024
MAX_NODES: Final = 200
MAX_EDGES: Final = 1000
MAX_DEPTH: Final = 12
LONGEST_NAME: Final = 128


class NoDrawing(Exception):
    """A sentence: why the text holds no drawing."""


@dataclass(frozen=True)
class StoredNode:
    """A node as it was saved."""

    id: str
    label: str
    type: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class StoredEdge:
    """An edge as it was saved; handles are None where none was saved."""

    source: str
    target: str
    source_handle: str | None
    target_handle: str | None


@dataclass(frozen=True)
class StoredDrawing:
    """Nodes and edges in their order; `repeated` are ids that more than one node has."""

    nodes: tuple[StoredNode, ...]
    edges: tuple[StoredEdge, ...]
    repeated: tuple[str, ...] = ()


def read_drawing(text: str) -> StoredDrawing:
    """The drawing in a JSON text. Raises NoDrawing."""
    if len(text) > MAX_TEXT:
        raise NoDrawing(f"the drawing has {len(text)} characters; the limit is {MAX_TEXT}")
    try:
        data = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise NoDrawing(f"not JSON: {error.msg} at line {error.lineno}") from None
    except RecursionError:
        raise NoDrawing("not a drawing: nested too deeply") from None
    except ValueError as error:
        raise NoDrawing(f"not a drawing: {error}") from None
    return as_drawing(data)


def as_drawing(data: object) -> StoredDrawing:
    """The drawing in JSON data. Raises NoDrawing."""
    if not isinstance(data, Mapping):
        raise NoDrawing("a drawing is a JSON object with nodes and edges")
    _check_depth(data)
    nodes = tuple(_node(item, number) for number, item in enumerate(_list(data, "nodes", MAX_NODES), 1))
    if not nodes:
        raise NoDrawing("the drawing has no node")
    edges = tuple(_edge(item, number) for number, item in enumerate(_list(data, "edges", MAX_EDGES), 1))
    seen: set[str] = set()
    repeated = [node.id for node in nodes if node.id in seen or seen.add(node.id)]  # type: ignore[func-returns-value]
    return StoredDrawing(nodes, edges, tuple(dict.fromkeys(repeated)))


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object names the same key twice")
    return found


def _check_depth(data: object) -> None:
    level: list[Any] = [data]
    for _ in range(MAX_DEPTH):
        deeper: list[Any] = []
        for item in level:
            deeper += item.values() if isinstance(item, Mapping) else item if isinstance(item, list) else ()
        if not deeper:
            return
        level = deeper
    raise NoDrawing(f"the drawing is nested more than {MAX_DEPTH} levels deep")


def _list(data: Mapping[str, Any], name: str, most: int) -> list[Any]:
    found = data.get(name)
    if found is None and name == "edges":
        return []
    if not isinstance(found, list):
        raise NoDrawing(f"{name} must be a list")
    if len(found) > most:
        raise NoDrawing(f"the drawing has {len(found)} {name}; the limit is {most}")
    return found


def _node(item: object, number: int) -> StoredNode:
    if not isinstance(item, Mapping):
        raise NoDrawing(f"node {number} is not an object")
    data = item.get("data")
    if data is None:
        data = {}
    if not isinstance(data, Mapping):
        raise NoDrawing(f"node {number}: data is not an object")
    node_id = _name(item.get("id"), f"node {number}: id")
    label = data.get("label") or node_id
    parameters = data.get("parameters")
    if parameters is None:
        # The sample workflow keeps them in `data` itself.
        parameters = {name: value for name, value in data.items() if name != "label"}
    if not isinstance(parameters, Mapping):
        raise NoDrawing(f"node {number}: data.parameters is not an object")
    return StoredNode(
        id=node_id,
        label=_name(label, f"node {number}: data.label"),
        type=_name(item.get("type"), f"node {number}: type"),
        parameters=parameters,
    )


def _edge(item: object, number: int) -> StoredEdge:
    if not isinstance(item, Mapping):
        raise NoDrawing(f"edge {number} is not an object")
    data = item.get("data")
    inner = data if isinstance(data, Mapping) else {}
    handles = [inner.get(name) or item.get(name) for name in ("sourceHandle", "targetHandle")]
    source_handle, target_handle = (
        None if handle is None or handle == "" else _name(handle, f"edge {number}: a handle") for handle in handles
    )
    return StoredEdge(
        source=_name(item.get("source"), f"edge {number}: source"),
        target=_name(item.get("target"), f"edge {number}: target"),
        source_handle=source_handle,
        target_handle=target_handle,
    )


def _name(value: object, what: str) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)[: LONGEST_NAME + 1]
    if not isinstance(value, str) or not value.strip():
        raise NoDrawing(f"{what} must be a text")
    if len(value) > LONGEST_NAME:
        raise NoDrawing(f"{what} has {len(value)} characters; the limit is {LONGEST_NAME}")
    # Labels are shown in status and logs.
    return "".join(c if c.isprintable() and not "\ud800" <= c <= "\udfff" else "?" for c in value)
