"""Whatever a row of the database holds, reading it ends soon, with a workflow or with sentences. Never an exception."""

import json
import time
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from strategy_code.analysis import analyse
from strategy_code.workflow import NodeKind, NoDrawing, read_workflow, workflow_bundle
from workflow_drawings import a_condition, a_dip, a_drawing, a_node, a_source, an_action

_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
_JSON = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)
_IDS = st.sampled_from(["a", "b", "c", "d", "é", "'", "\u0000", "x" * 130])
_TYPES = st.sampled_from([*NodeKind, "buy_signal", "rsi_indicator", "market_data_input", "nonsense"])
_NAMES = [
    *("indicator", "period", "condition", "value", "lookback", "action", "quantity"),
    *("operation", "symbol", "timeframe", "timeframes"),
]
_VALUES = ["RSI", "BB", "crossover", "less_than", "buy", "1h", "NOT", 3, 1e308, -1, True, "1e9", [], {}]
_PARAMETERS = st.dictionaries(st.sampled_from(_NAMES), st.sampled_from(_VALUES) | _SCALARS, max_size=5)
_NODES = st.fixed_dictionaries(
    {"id": _IDS, "type": _TYPES, "data": st.fixed_dictionaries({"label": _IDS, "parameters": _PARAMETERS})}
)
_HANDLES = st.none() | st.sampled_from(
    ["data-input", "value-input", "output-1", "output-9", "input", "signal-input", "input-0", "\u202e"]
)
_EDGES = st.fixed_dictionaries({"source": _IDS, "target": _IDS, "sourceHandle": _HANDLES, "targetHandle": _HANDLES})
_DRAWINGS = st.fixed_dictionaries({"nodes": st.lists(_NODES, max_size=8), "edges": st.lists(_EDGES, max_size=12)})


@settings(max_examples=150, deadline=None)
@given(_DRAWINGS)
def test_any_graph_is_read_or_refused(drawing: dict[str, Any]) -> None:
    verdict = analyse({"workflow.json": json.dumps(drawing)}, "workflow.json")
    assert verdict.admitted or verdict.reason
    assert all(finding.message.isprintable() for finding in verdict.findings)


@settings(max_examples=100, deadline=None)
@given(_JSON)
def test_any_json_is_read_or_refused(data: Any) -> None:
    assert not analyse({"workflow.json": json.dumps(data)}, "workflow.json").admitted


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_refused(text: str) -> None:
    assert not analyse({"workflow.json": text}, "workflow.json").admitted


@settings(max_examples=100, deadline=None)
@given(_DRAWINGS)
def test_a_bundle_says_what_its_drawing_says(drawing: dict[str, Any]) -> None:
    try:
        files, main_file = workflow_bundle(drawing)
    except NoDrawing:
        return
    original = read_workflow(json.dumps(drawing))
    assert read_workflow(files[main_file]).workflow == original.workflow


def test_a_drawing_of_many_actions_is_read_in_time() -> None:
    nodes = [a_source(), a_condition("n0")]
    nodes += [a_node(f"n{number}", "logic", operation="OR") for number in range(1, 100)]
    nodes += [an_action(f"a{number}") for number in range(95)]
    wires = ["d>n0"]
    wires += [f"n{max(0, number - back)}>n{number}.input" for number in range(1, 100) for back in range(1, 9)]
    drawing = a_drawing(*nodes, wires=" ".join([*wires, *(f"n99>a{number}" for number in range(95))]))
    started = time.process_time()
    assert analyse({"workflow.json": json.dumps(drawing)}, "workflow.json").admitted
    assert time.process_time() - started < 1


def test_the_largest_drawing_is_read_in_time() -> None:
    drawing = a_dip()
    chain = [{"id": f"n{i}", "type": "logic", "data": {"parameters": {"operation": "NOT"}}} for i in range(190)]
    drawing["nodes"] += chain
    drawing["edges"] += [{"source": f"n{i}", "target": f"n{(i + 1) % 190}"} for i in range(190)]
    drawing["edges"] += [{"source": "c", "target": f"n{i}"} for i in range(190)] * 4
    verdict = analyse({"workflow.json": json.dumps(drawing)}, "workflow.json")
    assert "feeds itself" in " ".join(finding.message for finding in verdict.findings)
