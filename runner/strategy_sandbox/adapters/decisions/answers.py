"""The service's own form: dicts or objects with symbol and action, one of them or a list.

Accepted: nothing (None or empty), one decision, or a list of them; a decision is a dict or an object with the same
names. What the author said beyond the known fields is kept in the metadata.
"""

from collections.abc import Mapping
from typing import Any, Final

from strategy_contracts.worker_protocol import MAX_CANDIDATES, Candidate
from strategy_sandbox.adapters.decisions.actions import spelled
from strategy_sandbox.adapters.plain_values import as_number, as_plain, as_text, describe
from strategy_sandbox.errors import StrategyBreaksContract

NUMBERS: Final = (
    *("confidence", "quantity", "price_target", "stop_loss", "take_profit", "risk_score"),
    "current_price",
)
TEXTS: Final = ("order_type", "time_in_force")
_EXECUTION: Final = ("quantity", "price_target", "stop_loss", "take_profit", "order_type", "time_in_force")
"""On the platform's own signal objects these stand in `execution_params`."""
OURS: Final = frozenset(
    {
        *("signal_id", "timestamp", "strategy_id", "strategy_source", "strategy_version", "exchange", "status"),
        *("execution_id", "owner", "sequence", "execution_mode", "timeframe", "evaluation_time", "generated_at"),
        *("bundle_digest", "incarnation", "input_revision", "expires_at", "market_conditions", "position_size"),
        *("max_drawdown", "max_slippage"),
    }
)
"""Of a published signal, not of a decision: a strategy that sets them is not listened to."""
_KNOWN: Final = frozenset({"symbol", "action", "metadata", "execution_params", *NUMBERS, *TEXTS, *OURS})
_EXAMPLE: Final = '{"symbol": "BTCUSDT", "action": "BUY", "confidence": 0.8}'


def read_decisions(answer: object) -> list[Candidate]:
    """The candidates in a strategy's answer, in its order; StrategyBreaksContract with a sentence otherwise."""
    if answer is None:
        return []
    if isinstance(answer, list | tuple):
        if len(answer) > MAX_CANDIDATES:
            raise StrategyBreaksContract(f"{len(answer)} decisions were returned; the limit is {MAX_CANDIDATES}")
        return [_read_decision(item, f"decision {number}") for number, item in enumerate(answer, 1)]
    if isinstance(answer, Mapping) and not answer:
        return []
    return [_read_decision(answer, "the decision")]


def _read_decision(decision: object, which: str) -> Candidate:
    if isinstance(decision, Mapping):
        fields = dict(decision)
    elif hasattr(decision, "action") and hasattr(decision, "symbol"):
        fields = {name: getattr(decision, name) for name in _KNOWN if hasattr(decision, name)}
    else:
        raise StrategyBreaksContract(
            f"{which} is {describe(decision)}; return dicts like {_EXAMPLE}, a list of them, or None"
        )
    fields = _flatten(fields)
    for name in ("symbol", "action"):
        if fields.get(name) is None:
            raise StrategyBreaksContract(f"{which} names no {name}; it must be a dict like {_EXAMPLE}")
    return to_candidate(fields, which, _KNOWN)


def to_candidate(fields: Mapping[Any, Any], which: str, known: frozenset[str]) -> Candidate:
    """A decision whose symbol and action are there; names that are not `known` go into its metadata."""
    action, implied_order = spelled(as_text(fields["action"], f"action of {which}"))
    values: dict[str, Any] = {}
    for name in NUMBERS:
        if fields.get(name) is not None:
            values[name] = as_number(fields[name], f"{name} of {which}")
    for name in TEXTS:
        if fields.get(name) is not None:
            values[name] = as_text(fields[name], f"{name} of {which}").upper()
    if implied_order is not None:
        values["order_type"] = implied_order
    return Candidate(
        symbol=as_text(fields["symbol"], f"symbol of {which}"),
        action=action,
        metadata=_metadata(fields, which, known),
        **values,
    )


def _flatten(fields: dict[Any, Any]) -> dict[Any, Any]:
    """Lift `execution_params` up; what the decision itself says wins."""
    execution = fields.get("execution_params")
    if execution is None:
        return fields
    if not isinstance(execution, Mapping):
        execution = {name: getattr(execution, name, None) for name in _EXECUTION}
    return {**{name: execution.get(name) for name in _EXECUTION}, **fields}


def _metadata(fields: Mapping[Any, Any], which: str, known: frozenset[str]) -> dict[str, Any]:
    """What the author said beyond the known fields is kept, so that nothing is lost without a word."""
    extra = {str(name): value for name, value in fields.items() if name not in known}
    given = fields.get("metadata")
    if given is None:
        given = {}
    if not isinstance(given, Mapping):
        raise StrategyBreaksContract(f"metadata of {which} must be a dict, not {describe(given)}")
    plain: dict[str, Any] = as_plain({**extra, **given}, f"metadata of {which}")
    return plain
