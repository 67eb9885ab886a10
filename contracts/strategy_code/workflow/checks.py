"""What must be true of a drawing beyond its wires: nodes that can be interpreted, no cycle, actions that can fire."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from strategy_code.workflow.condition_words import REFUSED_CONDITIONS, canonical_condition
from strategy_code.workflow.graph import Node, NodeKind, Workflow
from strategy_code.workflow.indicator_codes import canonical_code
from strategy_contracts.action_words import ORDER_TYPES, action_word

Said = tuple[Node, str]
_FAST_AND_SLOW: Final = frozenset({"MACD", "PPO", "TSI"})
"""Indicators of the difference between a fast average and a slow one."""


def check_node(node: Node, refused_indicators: Mapping[str, str]) -> Iterator[str]:
    """Why a node by itself cannot be interpreted."""
    parameters = node.parameters
    match node.kind:
        case NodeKind.DATA_SOURCE:
            if str(parameters.get("dataSource", "")).lower() in ("upload", "custom", "file"):
                yield "reads an uploaded file, which a live run does not have; choose the system's data"
        case NodeKind.CUSTOM_DATASET:
            name = parameters.get("fileName") or "a file"
            yield f"reads {name}, which is not part of the strategy; use a data source node"
        case NodeKind.INDICATOR:
            yield from _indicator(parameters.get("indicator"), refused_indicators)
            yield from _fast_and_slow(parameters)
        case NodeKind.CONDITION:
            yield from _condition(parameters)
        case NodeKind.ACTION:
            yield from _action(parameters)


def _indicator(code: str | None, refused: Mapping[str, str]) -> Iterator[str]:
    if code is None:
        yield "names no indicator"
    elif (known := canonical_code(code)) is None:
        yield f"the indicator {code!r} is not known"
    elif known in refused:
        yield f"the indicator {code}: {refused[known]}"


def _fast_and_slow(parameters: Mapping[str, Any]) -> Iterator[str]:
    if canonical_code(str(parameters.get("indicator"))) in _FAST_AND_SLOW:
        fast, slow = parameters.get("fastPeriod", 12), parameters.get("slowPeriod", 26)
        if fast >= slow:
            yield f"fastPeriod ({fast}) must be less than slowPeriod ({slow})"


def _condition(parameters: Mapping[str, object]) -> Iterator[str]:
    text = parameters.get("condition")
    if text is None:
        yield "names no condition"
        return
    word = canonical_condition(str(text))
    if word is None:
        yield f"the condition {text!r} is not known"
    elif word in REFUSED_CONDITIONS:
        yield f"the condition {text}: {REFUSED_CONDITIONS[word]}"


def _action(parameters: Mapping[str, object]) -> Iterator[str]:
    text = parameters.get("action")
    if text is None:
        yield "names no action"
    elif action_word(str(text)) is None:
        yield f"the action {text!r} is not known"
    order_type = parameters.get("order_type")
    if order_type is not None and str(order_type).upper().replace("-", "_") not in ORDER_TYPES:
        yield f"order_type must be one of {', '.join(ORDER_TYPES).lower()}, not {order_type!r}"


def check_cycles(workflow: Workflow) -> Iterator[Said]:
    """The nodes that feed themselves."""
    ordered = {node.id for node in workflow.in_order()}
    stuck = [node for node in workflow.nodes if node.id not in ordered]
    on_cycle = [node for node in stuck if node.id in workflow.upstream(node.id)]
    if on_cycle:
        circle = " → ".join(node.label for node in on_cycle[:6])
        yield on_cycle[0], f"feeds itself, directly or through others: {circle}"


def check_wired(workflow: Workflow) -> Iterator[Said]:
    """Inputs without which a node means nothing. Nodes that no action depends on are left alone."""
    actions = [node for node in workflow.of_kind(NodeKind.ACTION)]
    used = set().union(*({action.id} | workflow.upstream(action.id) for action in actions)) if actions else set()
    for node in workflow.nodes:
        if node.id in used or node.kind is NodeKind.ACTION:
            for sentence in _missing(node, workflow.inputs(node.id), workflow):
                yield node, sentence


def _missing(node: Node, inputs: Collection[str], workflow: Workflow) -> Iterator[str]:
    match node.kind:
        case NodeKind.ACTION if "signal-input" not in inputs:
            yield "no wired condition: it could never fire"
        case NodeKind.CONDITION | NodeKind.INDICATOR | NodeKind.REGIME | NodeKind.TIMEFRAMES | NodeKind.SENTIMENT if (
            "data-input" not in inputs
        ):
            yield "nothing is wired into its data input"
        case NodeKind.CORRELATION if len(inputs) < 2:
            yield "needs both of its data inputs"
        case NodeKind.RISK if "data-input" not in inputs:
            yield "nothing is wired into its data input"
        case NodeKind.LOGIC:
            yield from _logic(node, len(inputs))
        case _:
            pass
    if node.kind is NodeKind.CONDITION and "data-input" in inputs:
        yield from _correlated(node, inputs)
    if node.kind is NodeKind.ACTION and "signal-input" in inputs and workflow.nearest_source(node.id) is None:
        yield "no data source leads to it, so it has no symbol"


def _logic(node: Node, wired: int) -> Iterator[str]:
    operation = node.parameters.get("operation", "and")
    if wired == 0:
        yield "no wired input"
    elif operation == "not" and wired != 1:
        yield f"NOT takes one input, {wired} are wired"
    elif operation != "not" and wired < 2:
        yield f"{operation.upper()} needs at least two inputs, one is wired"


def _correlated(node: Node, inputs: Collection[str]) -> Iterator[str]:
    word = canonical_condition(str(node.parameters.get("condition")))
    if word in ("correlation_strength", "correlation_divergence") and not {"value-input", "aux-input"} & set(inputs):
        yield "correlates with nothing: wire a data source of the other symbol into its value input"
