"""What a stored drawing is taken for: ports by handle or by fit, types, parameters, and sentences for what is wrong."""

from pathlib import Path
from typing import Any

import pytest

from strategy_code.analysis import analyse
from strategy_code.verdict import Severity
from strategy_code.workflow import NoDrawing, Wire, read_workflow, workflow_bundle
from strategy_contracts.bundle import Shape
from workflow_drawings import a_condition, a_dip, a_drawing, a_node, a_source, a_wire, an_action, text_of

EXAMPLES = sorted((Path(__file__).parents[3] / "examples" / "workflows").glob("*.json"))


def wires_of(drawing: dict[str, Any]) -> set[str]:
    reading = read_workflow(text_of(drawing))
    assert reading.workflow is not None, reading.findings
    return {f"{wire.source}.{wire.output}>{wire.target}.{wire.input}" for wire in reading.workflow.wires}


def sentences(drawing: dict[str, Any]) -> list[str]:
    return [item.message for item in read_workflow(text_of(drawing)).findings]


RSI = a_node("i", "technicalIndicator", "RSI", indicator="RSI")
BB = a_node("i", "technicalIndicator", "Bands", indicator="BB")
MACD = a_node("i", "technicalIndicator", "MACD", indicator="MACD")


@pytest.mark.parametrize(
    ("drawing", "wire"),
    [
        pytest.param(a_dip(), "i.value>c.data-input", id="no handles at all: the first fitting port"),
        pytest.param(
            a_drawing(a_source(), RSI, a_condition(), an_action(), wires="d>i i.output-1>c.value-input d>c c>a"),
            "d.data-output>c.data-input",
            id="an edge without a handle takes what edges with handles left free",
        ),
        pytest.param(
            a_drawing(a_source(), BB, a_condition(), an_action(), wires="d>i i.output-3>c c.signal-output>a"),
            "i.lower>c.data-input",
            id="Bollinger's third port is the lower band, as the editor draws it",
        ),
        pytest.param(
            a_drawing(a_source(), BB, a_condition(), an_action(), wires="d>i i.upper-output>c c>a"),
            "i.upper>c.data-input",
            id="a template's port name",
        ),
        pytest.param(
            a_drawing(a_source(), MACD, a_condition(), an_action(), wires="d>i i.signal-output>c c>a.trigger-input"),
            "i.signal>c.data-input",
            id="signal-output of MACD is its signal line",
        ),
        pytest.param(
            a_drawing(a_source(), RSI, a_condition(), an_action(), wires="d>i i.value-output>c c>a.trigger-input"),
            "c.signal-output>a.signal-input",
            id="trigger-input is the action's signal",
        ),
        pytest.param(
            a_drawing(
                a_source(),
                a_condition("c1"),
                a_condition("c2"),
                a_node("l", "logic", operation="AND"),
                an_action(),
                wires="d>c1 d>c2 c1>l.input c2>l.input l>a",
            ),
            "c2.signal-output>l.input-1",
            id="logic's plain `input` is the next free one",
        ),
        pytest.param(
            a_drawing(
                a_source(),
                a_condition(),
                a_node("r", "riskManagement", maxLoss=5),
                an_action(),
                wires="d>c d>r c>a r.risk-output>a.risk-input",
            ),
            "r.risk-output>a.risk-input",
            id="risk beside the trigger of an action",
        ),
    ],
)
def test_edges_become_wires(drawing: dict[str, Any], wire: str) -> None:
    assert wire in wires_of(drawing)


def test_a_handle_in_the_data_of_an_edge_wins() -> None:
    drawing = a_drawing(a_source(), RSI, a_condition(), an_action(), wires="d>i d>c c>a")
    edge = a_wire("i.output-1", "c.data-input") | {"data": {"targetHandle": "value-input"}}
    drawing["edges"].append(edge)
    assert "i.value>c.value-input" in wires_of(drawing)


@pytest.mark.parametrize(
    ("node_type", "parameters", "kind", "expected"),
    [
        ("market_data_input", {"symbol": "X"}, "dataSource", {"symbol": "X"}),
        ("rsi_indicator", {"period": 7}, "technicalIndicator", {"indicator": "RSI", "period": 7}),
        ("indicator_condition", {"operator": "<", "threshold": 30}, "condition", {"condition": "<", "value": 30.0}),
        ("buy_signal", {"quantity": 100}, "action", {"action": "buy", "quantity": 100.0}),
        ("take_profit", {}, "action", {"action": "take_profit"}),
        ("portfolio_metrics", {}, "output", {}),
        ("riskManagement", {"maxLoss": "2.5"}, "risk", {"maxLoss": 2.5}),
    ],
)
def test_seed_templates_name_nodes_in_their_own_way(
    node_type: str, parameters: dict[str, Any], kind: str, expected: dict[str, Any]
) -> None:
    drawing = a_dip()
    drawing["nodes"].append(a_node("n", node_type, **parameters))
    if kind == "action":
        drawing["edges"].append(a_wire("c", "n"))
    reading = read_workflow(text_of(drawing))
    assert reading.workflow is not None, reading.findings
    node = reading.workflow.node("n")
    assert (node.kind, dict(node.parameters)) == (kind, expected)


def test_the_sample_workflow_keeps_parameters_beside_the_label() -> None:
    drawing = a_dip()
    drawing["nodes"][1] = {"id": "i", "type": "indicator", "data": {"label": "R", "indicator_type": "rsi", "period": 9}}
    reading = read_workflow(text_of(drawing))
    assert reading.workflow is not None, reading.findings
    assert dict(reading.workflow.node("i").parameters) == {"indicator": "rsi", "period": 9}


LOOP = a_drawing(
    a_source(),
    a_condition(),
    a_node("l1", "logic", "First", operation="OR"),
    a_node("l2", "logic", "Second", operation="OR"),
    an_action(),
    wires="d>c c>l1 l1>l2 l2>l1 c>l2 l1>a",
)


@pytest.mark.parametrize(
    ("drawing", "sentence"),
    [
        pytest.param(LOOP, '"First" (logic l1): feeds itself, directly or through others: First → Second', id="cycle"),
        pytest.param(a_drawing(a_source(), an_action()), '"a" (action a): no wired condition', id="unwired action"),
        pytest.param(
            a_drawing(a_source(), RSI, an_action(), wires="d>i i>a.signal-input"),
            'signal-input takes a signal, but "RSI" (technicalIndicator i) gives numbers; put a condition between',
            id="numbers into an action",
        ),
        pytest.param(
            a_drawing(
                a_source(),
                RSI,
                a_node("j", "technicalIndicator", "Range", indicator="ATR"),
                a_condition(),
                an_action(),
                wires="d>i i>j.data-input j>c c>a",
            ),
            'data-input takes prices, but "RSI" (technicalIndicator i) gives numbers',
            id="numbers into an indicator that reads bars",
        ),
        pytest.param(
            a_drawing(a_source(), RSI, a_condition(), an_action(), wires="d>i i.output-2>c c>a"),
            "\"RSI\" (technicalIndicator i): has no output 'output-2'; its outputs: value",
            id="a second output of an indicator with one",
        ),
        pytest.param(
            a_drawing(a_source(), a_condition(), an_action(), wires="d>c.price-input c>a"),
            "has no input 'price-input'",
            id="an input that is not there",
        ),
        pytest.param(
            a_drawing(
                a_source(),
                a_condition("c1"),
                a_condition("c2"),
                an_action(),
                wires="d>c1 d>c2 c1>a.trigger-input c2>a.signal-input",
            ),
            "two wires end at signal-input, from c1 and c2; combine them with a logic node",
            id="two wires at one port",
        ),
        pytest.param(a_drawing(a_source(), an_action(), wires="d>x"), "an edge leads to 'x'", id="dangling edge"),
        pytest.param(a_drawing(a_source(), a_source()), "more than one node has the id d", id="two nodes of one id"),
        pytest.param(a_drawing(a_node("n", "neuralNet")), '"n" (neuralNet n): this type of node', id="unknown type"),
        pytest.param(a_dip(lookback=0), '"c" (condition c): lookback must lie between 1 and 200', id="out of range"),
        pytest.param(a_dip(confirmationBars=1.5), "confirmationBars must be a whole number", id="half a bar"),
        pytest.param(a_dip(value2="x"), "value2 must be a number", id="a text for a number"),
        pytest.param(
            a_drawing(a_source(), a_condition("c", "soars"), an_action(), wires="d>c c>a"),
            "the condition 'soars' is not known",
            id="unknown condition",
        ),
        pytest.param(
            a_drawing(a_source(), a_condition("c", "elliott_wave_count"), an_action(), wires="d>c c>a"),
            '"c" (condition c): the condition elliott_wave_count: it has no published formula',
            id="a condition without a formula",
        ),
        pytest.param(
            a_drawing(
                a_source(),
                a_node("i", "technicalIndicator", indicator="XYZ"),
                a_condition(),
                an_action(),
                wires="d>i i>c c>a",
            ),
            "the indicator 'XYZ' is not known",
            id="unknown indicator",
        ),
        pytest.param(
            a_drawing(
                a_node("f", "customDataset", "My file", fileName="btc.csv"), a_condition(), an_action(), wires="f>c c>a"
            ),
            '"My file" (customDataset f): reads btc.csv, which is not part of the strategy',
            id="an uploaded file",
        ),
        pytest.param(
            a_drawing(a_source(), a_condition(), an_action(action="rebalance"), wires="d>c c>a"),
            "no action gives a signal",
            id="only management",
        ),
        pytest.param(a_drawing(a_source(), a_condition(), wires="d>c"), "the drawing has no action", id="no action"),
        pytest.param(
            a_drawing(
                a_source(), a_condition(), a_node("l", "logic", operation="AND"), an_action(), wires="d>c c>l l>a"
            ),
            "AND needs at least two inputs",
            id="AND of one",
        ),
        pytest.param(
            a_drawing(
                a_source(),
                a_node("i", "technicalIndicator", "MACD", indicator="MACD", fastPeriod=30),
                a_condition(),
                an_action(),
                wires="d>i i>c c>a",
            ),
            '"MACD" (technicalIndicator i): fastPeriod (30) must be less than slowPeriod (26)',
            id="fast slower than slow",
        ),
        pytest.param(
            a_drawing(a_source(), a_condition("c", "correlation_strength"), an_action(), wires="d>c c>a"),
            "correlates with nothing",
            id="correlation without a second series",
        ),
    ],
)
def test_what_is_wrong_is_told_by_the_label_of_the_node(drawing: dict[str, Any], sentence: str) -> None:
    found = sentences(drawing)
    assert any(sentence in said for said in found), found
    assert not analyse({"workflow.json": text_of(drawing)}, "workflow.json").admitted


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "not JSON"),
        ("[]", "a drawing is a JSON object"),
        ("{}", "nodes must be a list"),
        ('{"nodes": []}', "the drawing has no node"),
        ('{"nodes": [1]}', "node 1 is not an object"),
        ('{"nodes": [{"type": "dataSource"}]}', "node 1: id must be a text"),
        ('{"nodes": [], "nodes": []}', "names the same key twice"),
        ('{"nodes": [{"id": "a", "type": "b", "data": {"parameters": {"x": NaN}}}]}', "NaN is no JSON number"),
        ("[" * 100_000, "nested too deeply"),
        ('{"nodes": ' + "[" * 50 + "]" * 50 + "}", "nested more than 12 levels deep"),
        ('{"nodes": [{"id": "' + "x" * 200 + '", "type": "logic"}]}', "has 200 characters; the limit is 128"),
        ('{"nodes": [' + ",".join(["{}"] * 300) + "]}", "the drawing has 300 nodes; the limit is 200"),
        (" " * 600_000, "the limit is 524288"),
    ],
)
def test_what_is_no_drawing_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    verdict = analyse({"workflow.json": text}, "workflow.json")
    assert not verdict.admitted
    assert sentence in verdict.reason


def test_an_action_that_only_manages_orders_is_a_warning_beside_one_that_decides() -> None:
    drawing = a_dip()
    drawing["nodes"].append(an_action("m", "modify_stop"))
    drawing["edges"].append(a_wire("c", "m"))
    verdict = analyse({"workflow.json": text_of(drawing)}, "workflow.json")
    assert verdict.admitted
    assert [(item.severity, "gives no signal" in item.message) for item in verdict.findings] == [
        (Severity.WARNING, True)
    ]


def test_a_finding_points_at_the_line_of_the_node() -> None:
    files, main_file = workflow_bundle(a_dip(lookback=0))
    assert [item.line for item in analyse(files, main_file).findings] == [5]


def test_moving_a_box_does_not_change_the_bundle() -> None:
    moved = a_dip()
    moved["nodes"][0]["position"] = {"x": 99, "y": 1}
    assert workflow_bundle(moved) == workflow_bundle(a_dip())


@pytest.mark.parametrize("name", ["i.period", "RSI.period"])
def test_a_parameter_of_the_resource_takes_the_place_of_a_nodes_own(name: str) -> None:
    files, main_file = workflow_bundle(a_dip(), {name: 7, "quantity": 2})
    reading = read_workflow(files[main_file])
    assert reading.workflow is not None
    assert reading.workflow.node("i").parameters["period"] == 7


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("x.period", 7, "parameter 'x.period': no node is called 'x'"),
        ("i.perod", 7, "parameter 'i.perod': the node has no 'perod'; its parameters: indicator, source, period"),
    ],
)
def test_a_parameter_of_no_node_is_refused(name: str, value: int, sentence: str) -> None:
    with pytest.raises(NoDrawing, match=sentence):
        workflow_bundle(a_dip(), {name: value})


def test_a_parameter_out_of_range_is_refused_by_the_label() -> None:
    files, main_file = workflow_bundle(a_dip(), {"i.period": 0})
    assert '"RSI" (technicalIndicator i): period must lie between 1 and 1000' in analyse(files, main_file).reason


def test_an_admitted_drawing_says_what_it_is() -> None:
    verdict = analyse({"workflow.json": text_of(a_dip())}, "workflow.json")
    assert verdict.entry_point is not None
    assert verdict.entry_point.shape is Shape.WORKFLOW
    assert verdict.entry_point.describe() == "the drawing in workflow.json"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_are_admitted_without_a_word(path: Path) -> None:
    verdict = analyse({"workflow.json": path.read_text()}, "workflow.json")
    assert verdict.admitted
    assert not verdict.findings


def test_a_wire_drawn_twice_is_one() -> None:
    drawing = a_dip()
    drawing["edges"].append(a_wire("i.output-1", "c.data-input"))
    drawing["edges"][1] = a_wire("i.output-1", "c.data-input")
    reading = read_workflow(text_of(drawing))
    assert reading.workflow is not None
    assert reading.workflow.wires.count(Wire("i", "value", "c", "data-input")) == 1
