"""Drawn workflows: read, checked and described; never executed. The interpreter is in the sandbox."""

from strategy_code.workflow.analysis import WorkflowReading, is_drawing, read_workflow
from strategy_code.workflow.bundle_form import WORKFLOW_FILE, workflow_bundle
from strategy_code.workflow.graph import Node, NodeKind, Wire, WireType, Workflow
from strategy_code.workflow.markets import NoMarket, subscriptions_of, used_sources
from strategy_code.workflow.reading import NoDrawing

__all__ = [
    "WORKFLOW_FILE",
    "NoDrawing",
    "NoMarket",
    "Node",
    "NodeKind",
    "Wire",
    "WireType",
    "Workflow",
    "WorkflowReading",
    "is_drawing",
    "read_workflow",
    "subscriptions_of",
    "used_sources",
    "workflow_bundle",
]
