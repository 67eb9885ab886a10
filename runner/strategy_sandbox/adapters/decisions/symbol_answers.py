"""Forms that name no symbol, because the strategy was asked about one: dicts, lists, containers, signal objects.

`{"signal": "BUY", "position_size": 1}` of on_data, `{"signals": [...]}` of execute, order lists of execute_strategy,
objects with `signal_type`. A symbol that is named must be the one that was asked about.
"""

from collections.abc import Mapping
from typing import Any, Final

from strategy_contracts.worker_protocol import MAX_CANDIDATES, Candidate
from strategy_sandbox.adapters.decisions.about import About
from strategy_sandbox.adapters.decisions.actions import read_action
from strategy_sandbox.adapters.decisions.answers import NUMBERS, OURS, TEXTS, to_candidate
from strategy_sandbox.adapters.decisions.percent_levels import levels_from_percent
from strategy_sandbox.adapters.plain_values import as_text, describe
from strategy_sandbox.errors import StrategyBreaksContract

_ACTION_NAMES: Final = ("action", "signal", "signal_type", "side")
"""The first that is there says what to do."""
_CONTAINERS: Final = ("actions", "signals")
"""Of a dict that holds decisions; `signals` beside `actions` are the conditions that led to them."""
_NAMES: Final = frozenset(
    {
        *("symbol", "metadata", "position_size", "price", "stop_loss_pct", "take_profit_pct", *_ACTION_NAMES),
        *(*NUMBERS, *TEXTS),
    }
)
_KNOWN: Final = _NAMES | OURS
_WAITING_ORDERS: Final = frozenset(("LIMIT", "STOP", "STOP_LIMIT"))
_EXAMPLE: Final = '{"signal": "BUY", "position_size": 0.1}'


def read_symbol_decisions(answer: object, about: About, *, percent: bool = False) -> list[Candidate]:
    """The candidates in an answer about one symbol; `percent`: its stop_loss and take_profit are percentages."""
    if answer is None or (isinstance(answer, Mapping | list | tuple) and not answer):
        return []
    if isinstance(answer, Mapping) and not any(name in answer for name in _ACTION_NAMES):
        return _read_container(answer, about, percent)
    if isinstance(answer, list | tuple):
        return _read_list(answer, about, percent)
    return [_read(answer, "the decision", about, percent)]


def _read_list(items: list[object] | tuple[object, ...], about: About, percent: bool) -> list[Candidate]:
    if len(items) > MAX_CANDIDATES:
        raise StrategyBreaksContract(f"{len(items)} decisions were returned; the limit is {MAX_CANDIDATES}")
    return [_read(item, f"decision {number}", about, percent) for number, item in enumerate(items, 1)]


def _read_container(answer: Mapping[Any, Any], about: About, percent: bool) -> list[Candidate]:
    present = [name for name in _CONTAINERS if name in answer]
    if not present:
        listed = ", ".join(sorted(str(key)[:40] for key in answer)[:10])
        raise StrategyBreaksContract(f"the answer is a dict of {listed}; expected {_EXAMPLE} or {{'signals': [...]}}")
    for name in present:
        held = answer[name]
        if isinstance(held, list | tuple):
            if held:
                return _read_list(held, about, percent)
        # Conditions by name, beside actions, say nothing by themselves.
        elif held is not None and not (isinstance(held, Mapping) and len(present) > 1):
            raise StrategyBreaksContract(f"`{name}` of the answer must be a list of decisions, not {describe(held)}")
    return []


def _read(decision: object, which: str, about: About, percent: bool) -> Candidate:
    fields = _fields_of(decision, which)
    named = fields.get("symbol")
    if named is not None and as_text(named, f"symbol of {which}") != about.symbol:
        raise StrategyBreaksContract(f"{which} names {str(named)[:40]!r}, but the data was of {about.symbol!r}")
    said = next((fields[name] for name in _ACTION_NAMES if fields.get(name) is not None), None)
    if said is None:
        raise StrategyBreaksContract(f"{which} names no action; it must be like {_EXAMPLE}")
    action, implied_order = read_action(said, f"the action of {which}")
    fields |= {"symbol": about.symbol, "action": action}
    if implied_order is not None:
        fields["order_type"] = implied_order
    if fields.get("quantity") is None:
        fields["quantity"] = fields.get("position_size")
    if action == "HOLD":
        # Nothing is traded: a quantity of 0 beside a HOLD is what it should be.
        fields["quantity"] = None
    _place_price(fields)
    levels_from_percent(fields, which, action, about.price, own_names=percent)
    return to_candidate(fields, which, _KNOWN)


def _fields_of(decision: object, which: str) -> dict[Any, Any]:
    if isinstance(decision, Mapping):
        return dict(decision)
    if any(hasattr(decision, name) for name in _ACTION_NAMES):
        names = (*_NAMES, "strength")
        return {name: getattr(decision, name) for name in names if getattr(decision, name, None) is not None}
    raise StrategyBreaksContract(f"{which} is {describe(decision)}; expected a dict like {_EXAMPLE}, or None")


def _place_price(fields: dict[Any, Any]) -> None:
    """`price` of an order that waits is its limit or trigger; of others, what the market was."""
    price = fields.get("price")
    if price is None:
        return
    order_type = fields.get("order_type")
    waits = isinstance(order_type, str) and order_type.upper() in _WAITING_ORDERS
    name = "price_target" if waits else "current_price"
    if fields.get(name) is None:
        fields[name] = price
