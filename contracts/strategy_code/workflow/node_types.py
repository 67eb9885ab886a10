"""What a node is called in stored drawings, and what it is: console, seed templates, sample workflow."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from strategy_code.workflow.graph import NodeKind


@dataclass(frozen=True)
class NodeType:
    """A kind, and the parameters that its name stands for."""

    kind: NodeKind
    implied: Mapping[str, Any] = field(default_factory=dict)


def _indicator(code: str) -> NodeType:
    return NodeType(NodeKind.INDICATOR, {"indicator": code})


def _action(action: str) -> NodeType:
    return NodeType(NodeKind.ACTION, {"action": action})


_TYPES: Final[Mapping[str, NodeType]] = {
    **{kind.value.lower(): NodeType(kind) for kind in NodeKind},
    "riskmanagement": NodeType(NodeKind.RISK),
    "marketdatainput": NodeType(NodeKind.DATA_SOURCE),
    "indicator": NodeType(NodeKind.INDICATOR),
    "smaindicator": _indicator("SMA"),
    "emaindicator": _indicator("EMA"),
    "rsiindicator": _indicator("RSI"),
    "macdindicator": _indicator("MACD"),
    "bollingerbands": _indicator("BB"),
    "pricecondition": NodeType(NodeKind.CONDITION),
    "indicatorcondition": NodeType(NodeKind.CONDITION),
    "signal": NodeType(NodeKind.ACTION),
    "buysignal": _action("buy"),
    "sellsignal": _action("sell"),
    "stoploss": _action("stop_loss"),
    "takeprofit": _action("take_profit"),
    "portfoliometrics": NodeType(NodeKind.OUTPUT),
}
_RENAMED: Final[Mapping[NodeKind, Mapping[str, str]]] = {
    NodeKind.INDICATOR: {
        "indicator_type": "indicator",
        "indicatorType": "indicator",
        "type": "indicator",
        "fast_period": "fastPeriod",
        "slow_period": "slowPeriod",
        "signal_period": "signalPeriod",
        "k_period": "kPeriod",
        "d_period": "dPeriod",
        "std_dev": "multiplier",
        "stdDev": "multiplier",
        "smoothingPeriod": "slowing",
    },
    NodeKind.CONDITION: {
        "operator": "condition",
        "condition_type": "conditionType",
        "threshold": "value",
        "confirmation_bars": "confirmationBars",
    },
    NodeKind.ACTION: {
        "signal": "action",
        "signal_type": "action",
        "orderType": "order_type",
        "stopLoss": "stop_loss",
        "takeProfit": "take_profit",
        "priceOffset": "price_offset",
        "timeInForce": "time_in_force",
    },
    NodeKind.LOGIC: {"operator": "operation", "logic": "operation"},
    NodeKind.RISK: {"max_loss": "maxLoss"},
    NodeKind.DATA_SOURCE: {"asset_class": "assetClass", "data_source": "dataSource", "interval": "timeframe"},
}


def node_type(text: str) -> NodeType | None:
    """What a node of that type is; None for a type that nobody draws."""
    return _TYPES.get(text.strip().lower().replace("_", "").replace("-", ""))


def own_names(kind: NodeKind, written: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters under the console's names; what has such a name already wins."""
    renamed = _RENAMED.get(kind, {})
    parameters = {renamed.get(name, name): value for name, value in written.items() if name in renamed}
    return {**parameters, **{name: value for name, value in written.items() if name not in renamed}}
