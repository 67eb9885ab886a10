"""From an action that fires to the decision it means: order type, prices from percentages, what else was drawn.

A drawing says a level, not an event: an action fires at every bar at which its signal holds. What of that is published
is for the rules of the run (`signals.repeat`).
"""

from typing import Any, Final

from strategy_code.workflow import Node
from strategy_contracts.action_words import ORDER_TYPES, action_word
from strategy_contracts.signal import Action, OrderType, TimeInForce
from strategy_contracts.worker_protocol import Candidate
from strategy_sandbox.workflow.compiling import ActionPoint
from strategy_sandbox.workflow.steps import TRUE

_DIRECTIONS: Final = {Action.BUY: 1, Action.SELL: -1}


def decide(point: ActionPoint, symbol: str) -> Candidate | None:
    """The decision of an action now; None where it does not fire, or says what a signal cannot say."""
    word = action_word(str(point.node.parameters["action"]))
    assert word is not None
    if word.action is None or not _fires(point):
        return None
    node, price = point.node, point.close.newest
    drawn = str(node.parameters.get("order_type", "market")).upper().replace("-", "_")
    order_type = word.order_type or ORDER_TYPES[drawn] or OrderType.MARKET
    direction = _DIRECTIONS.get(word.action)
    target = None
    if direction is not None and order_type is not OrderType.MARKET:
        target = _target(node, order_type, direction, price)
    entry = price if target is None else target
    return Candidate(
        symbol=symbol,
        action=word.action.value,
        confidence=node.parameters.get("confidence"),
        quantity=node.parameters.get("quantity"),
        price_target=target,
        stop_loss=_away(node, "stop_loss", entry, -1, direction),
        take_profit=_away(node, "take_profit", entry, 1, direction),
        current_price=price,
        order_type=order_type.value if direction is not None else OrderType.MARKET.value,
        time_in_force=_time_in_force(node),
        metadata=_metadata(node, drawn),
    )


def _fires(point: ActionPoint) -> bool:
    return point.signal.newest == TRUE and (point.risk is None or point.risk.newest == TRUE)


def _target(node: Node, order_type: OrderType, direction: int, price: float) -> float:
    """A limit waits on the better side of the market, a stop on the other, `price_offset` percent away."""
    side = -direction if order_type is OrderType.LIMIT else direction
    return price * (1 + side * float(node.parameters.get("price_offset", 0.0)) / 100)


def _away(node: Node, name: str, price: float, side: int, direction: int | None) -> float | None:
    """So many percent beyond the entry; 0 is none, and so is a price that could not be."""
    percent = float(node.parameters.get(name, 0.0))
    if direction is None or percent == 0:
        return None
    level = price * (1 + direction * side * percent / 100)
    return level if level > 0 else None


def _time_in_force(node: Node) -> str | None:
    name = str(node.parameters.get("time_in_force", "")).upper()
    return name if name in set(TimeInForce) else None


def _metadata(node: Node, order_type: str) -> dict[str, Any]:
    """Whose decision it is, and what was drawn that a signal has no field for."""
    found: dict[str, Any] = {
        "node": node.id,
        "label": node.label,
        "drawn_action": str(node.parameters["action"]).upper(),
    }
    if ORDER_TYPES[order_type] is None:
        found["drawn_order_type"] = order_type
    name = str(node.parameters.get("time_in_force", "")).upper()
    if name and name not in set(TimeInForce):
        found["drawn_time_in_force"] = name
    return found
