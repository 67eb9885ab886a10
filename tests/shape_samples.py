"""The sample strategies by shape, with what each must decide."""

import csv
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from shape_references import Reference, breakout, dip, long_breakout, mean, momentum
from strategy_contracts.bar import Bar

ROOT: Final = Path(__file__).parent
SAMPLES: Final = ROOT / "integration" / "shapes" / "samples"
RECORDED: Final = ROOT.parent.parent / "shared" / "market_data" / "BTCUSDT-1m-20230301-20230307.csv"
"""Real bars, where they lie beside the checkout; never part of it."""
FIRST_MS: Final = 1_677_628_800_000
MINUTE_MS: Final = 60_000

Fields = Callable[[str, Bar], dict[str, Any]]


def _none(action: str, bar: Bar) -> dict[str, Any]:
    return {}


def _percent(stop: float, target: float | None = None) -> Fields:
    """Levels in percent of the close, on the side of the action."""

    def levels(action: str, bar: Bar) -> dict[str, Any]:
        side = 1 if action == "BUY" else -1
        fields = {"stop_loss": bar.close * (1 - side * stop / 100)} if stop else {}
        return fields | ({"take_profit": bar.close * (1 + side * target / 100)} if target else {})

    return levels


def _mirrored(action: str, bar: Bar) -> dict[str, Any]:
    levels = _percent(2, 4)(action, bar)
    return levels | {"quantity": 0.5, "confidence": None}


def _order(kind: str, **more: Any) -> Fields:
    return lambda action, bar: {"order_type": kind, "price_target": bar.close, **more}


@dataclass(frozen=True)
class Sample:
    """One file; `fields` are those of a candidate that the reference knows besides its action."""

    path: str
    reference: Reference
    fields: Fields = _none
    refused: str | None = None
    """A reason that the supervisor counts."""

    @property
    def shape(self) -> str:
        return self.path.partition("/")[0]

    @property
    def file(self) -> Path:
        return SAMPLES / self.path


ALL: Final = (
    Sample("A/momentum.py", momentum, lambda action, bar: {"metadata": {"node": f"{action.lower()}_1"}}),
    Sample("A/breakout_levels.py", breakout, _mirrored),
    Sample("D/momentum_column.py", momentum),
    Sample("D/breakout_column.py", breakout),
    Sample("F/momentum_percent.py", momentum, _percent(1, 2)),
    Sample("F/breakout_limit.py", breakout, lambda action, bar: {**_order("LIMIT")(action, bar), "stop_loss": None}),
    Sample("G/momentum_orders.py", momentum, lambda action, bar: {"quantity": 0.5, "order_type": "MARKET"}),
    Sample("G/dip_with_position.py", dip),
    Sample("H/momentum_signed.py", momentum, lambda action, bar: {"quantity": 0.5}),
    Sample("H/dip_with_context.py", dip),
    Sample("I/momentum_on_data.py", momentum, lambda action, bar: {"quantity": 0.25}),
    Sample("I/breakout_plain.py", breakout, lambda action, bar: {"quantity": None, "confidence": None}),
    Sample("J/momentum_list.py", momentum, lambda a, bar: {"confidence": 0.7 if a == "BUY" else 0.6, "quantity": 0.2}),
    Sample("J/breakout_list.py", breakout),
    Sample("K/momentum_workflow.py", momentum, lambda action, bar: {"current_price": bar.close, "price_target": None}),
    Sample("K/breakout_portfolio.py", long_breakout),
    Sample("L/momentum_script.py", momentum, lambda action, bar: {"quantity": 1.0, "current_price": bar.close}),
    Sample("L/mean_script.py", mean),
    Sample("M/momentum_engine.py", momentum, lambda action, bar: {"confidence": 0.8, "current_price": bar.close}),
    Sample("M/breakout_engine.py", breakout, lambda a, bar: {"metadata": {"why": "breakout", "strength": 1.0}}),
    Sample("N1/momentum.py", momentum, lambda action, bar: {"quantity": 1.0}),
    Sample("N1/mean_single.py", mean, _percent(2)),
    Sample("N2/momentum_object.py", momentum),
    Sample("N2/breakout_object.py", breakout),
    Sample("N3/momentum_one.py", momentum, lambda action, bar: {"confidence": 0.55}),
    Sample("N3/breakout_one.py", breakout, _percent(0, 1)),
    Sample("O1/momentum_flow.py", momentum),
    Sample("O1/breakout_flow.py", breakout, _order("STOP")),
    Sample("O2/momentum_advanced.py", momentum, _percent(2, 4)),
    Sample("O2/breakout_advanced.py", breakout, _percent(1.5), refused="unmapped_action"),
    Sample("O3/momentum_generated.py", momentum),
    Sample("O3/mean_generated.py", mean),
    Sample("O4/momentum_model.py", momentum),
    Sample("O4/breakout_model.py", breakout),
)


def twin_bars(count: int = 300, phase: float = 0.0) -> list[Bar]:
    """A series of our own: waves over a slow trend with a deterministic shake, so that every rule has its moments."""
    bars, state, before = [], 12345, 1000.0
    for number in range(count):
        state = (1_103_515_245 * state + 12_345) % 2**31
        shake = (state / 2**31 - 0.5) * 1.6
        wave = 6 * math.sin(number / 7 + phase) + 9 * math.sin(number / 31 + phase)
        close = round(1000 + wave + shake, 4)
        high, low = max(before, close) + abs(shake) / 4, min(before, close) - abs(shake) / 4
        bars.append(Bar(FIRST_MS + number * MINUTE_MS, before, high, low, close, 5 + abs(shake)))
        before = close
    return bars


def recorded_bars(count: int) -> list[Bar]:
    """The first bars of the recorded week."""
    with RECORDED.open() as file:
        rows = [next(reader) for reader in [csv.DictReader(file)] for _ in range(count)]
    names = ("open", "high", "low", "close", "volume")
    return [Bar(int(row["open_time"]), *(float(row[name]) for name in names)) for row in rows]
