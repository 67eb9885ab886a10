"""The ports of each kind of node: which there are, what they carry, and under which names drawings know them.

Three generations of the editor and two of the templates named the same port differently; all are understood.
"""

from collections.abc import Mapping
from typing import Final

from strategy_code.workflow.graph import NodeKind, WireType
from strategy_code.workflow.indicator_codes import outputs_of

_ANY_SERIES: Final = (WireType.PRICES, WireType.NUMBER)
_SIGNAL: Final = (WireType.SIGNAL,)
MAX_LOGIC_INPUTS: Final = 8

INPUTS: Final[Mapping[NodeKind, Mapping[str, tuple[WireType, ...]]]] = {
    NodeKind.DATA_SOURCE: {},
    NodeKind.CUSTOM_DATASET: {},
    NodeKind.INDICATOR: {"data-input": _ANY_SERIES},
    NodeKind.CONDITION: dict.fromkeys(("data-input", "value-input", "aux-input"), _ANY_SERIES),
    NodeKind.LOGIC: {f"input-{number}": _SIGNAL for number in range(MAX_LOGIC_INPUTS)},
    NodeKind.ACTION: {"signal-input": _SIGNAL, "risk-input": _SIGNAL},
    NodeKind.RISK: {"data-input": _ANY_SERIES, "signal-input": _SIGNAL},
    NodeKind.OUTPUT: {"data-input": _ANY_SERIES, "signal-input": _SIGNAL},
    NodeKind.REGIME: {"data-input": _ANY_SERIES},
    NodeKind.TIMEFRAMES: {"data-input": (WireType.PRICES,)},
    NodeKind.CORRELATION: {"data-input-1": _ANY_SERIES, "data-input-2": _ANY_SERIES},
    NodeKind.SENTIMENT: {"data-input": _ANY_SERIES},
}
"""By kind: input port to what it takes."""

_OUTPUTS: Final[Mapping[NodeKind, Mapping[str, WireType]]] = {
    NodeKind.DATA_SOURCE: {"data-output": WireType.PRICES},
    NodeKind.CUSTOM_DATASET: {"data-output": WireType.PRICES},
    NodeKind.CONDITION: {"signal-output": WireType.SIGNAL},
    NodeKind.LOGIC: {"output": WireType.SIGNAL},
    NodeKind.ACTION: {},
    NodeKind.RISK: {"risk-output": WireType.SIGNAL},
    NodeKind.OUTPUT: {},
    NodeKind.REGIME: dict.fromkeys(("trend-output", "sideways-output", "volatile-output"), WireType.SIGNAL),
    NodeKind.TIMEFRAMES: {"output": WireType.PRICES},
    NodeKind.CORRELATION: {"output": WireType.NUMBER},
    NodeKind.SENTIMENT: dict.fromkeys(("positive-output", "neutral-output", "negative-output"), WireType.SIGNAL),
}
_INPUT_ALIASES: Final[Mapping[str, str]] = {
    "trigger-input": "signal-input",
    "condition-input": "signal-input",
    "signal": "signal-input",
    "trigger": "signal-input",
    "risk": "risk-input",
    "data": "data-input",
    "input-data": "data-input",
    "threshold-input": "value-input",
    "reference-input": "value-input",
    "value": "value-input",
    "aux": "aux-input",
    "market-input": "aux-input",
    "levels-input": "aux-input",
    "context-input": "aux-input",
    "data-input-a": "data-input-1",
    "data-input-b": "data-input-2",
}
_ANY_FREE: Final = frozenset({"input", "inputs", "in", "logic-input"})
"""Names that say no more than that it is an input."""
_SAYS_NOTHING: Final = frozenset({"output", "out", "value", "data", "data-output", "value-output", "source"})


def output_types(kind: NodeKind, indicator: str | None) -> Mapping[str, WireType]:
    """The outputs of a node in the editor's order; for an indicator those of its code."""
    if kind is NodeKind.INDICATOR:
        return dict.fromkeys(outputs_of(indicator or ""), WireType.NUMBER)
    return _OUTPUTS[kind]


def find_input(kind: NodeKind, handle: str | None) -> str | None:
    """The input port that a handle means; None when it leaves the choice open. KeyError for one that is not there."""
    if handle is None or handle in _ANY_FREE:
        return None
    name = handle if handle in INPUTS[kind] else _INPUT_ALIASES.get(handle, handle)
    if name == "risk-input" and kind is NodeKind.RISK:
        name = "signal-input"
    if name not in INPUTS[kind]:
        raise KeyError(handle)
    return name


def find_output(kind: NodeKind, indicator: str | None, handle: str | None) -> str:
    """The output port that a handle means; without a handle the first one. KeyError for one that is not there."""
    outputs = list(output_types(kind, indicator))
    if not outputs:
        raise KeyError(handle or "output")
    if handle is None:
        return outputs[0]
    plain = handle.removesuffix("-output")
    for name in outputs:
        if name in (handle, plain, f"{handle}-output"):
            return name
    number = handle.removeprefix("output-")
    if kind is NodeKind.INDICATOR and number.isascii() and number.isdigit() and 1 <= int(number[:3]) <= len(outputs):
        return outputs[int(number[:3]) - 1]
    if handle in _SAYS_NOTHING or (len(outputs) == 1 and kind is not NodeKind.INDICATOR and plain == "signal"):
        return outputs[0]
    raise KeyError(handle)
