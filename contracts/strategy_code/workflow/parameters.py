"""The parameters of each kind of node: names, types, ranges. What is not listed is carried by the editor for itself.

Defaults are not written in here into the drawing: an absent parameter means whatever its reader says.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from strategy_code.workflow.graph import NodeKind
from strategy_contracts.timeframe import Timeframe


@dataclass(frozen=True)
class Number:
    """A finite number within bounds; whole where bars are counted."""

    low: float = -1e15
    high: float = 1e15
    whole: bool = False


@dataclass(frozen=True)
class Word:
    """One of some words, in any case."""

    choices: tuple[str, ...]


@dataclass(frozen=True)
class Text:
    """Any text of bounded length."""

    longest: int = 64


@dataclass(frozen=True)
class TimeframeName:
    """A timeframe, as `4h`, `4H`, `240m`-like spellings of pandas not included."""


@dataclass(frozen=True)
class TimeframeNames:
    """Several, as a list or apart by comma."""


Spec = Number | Word | Text | TimeframeName | TimeframeNames

_PERIOD: Final = Number(1, 1000, whole=True)
_PERCENT: Final = Number(0, 1000)
_STRENGTH: Final = Word(("weak", "moderate", "strong", "very_strong"))
PARAMETERS: Final[Mapping[NodeKind, Mapping[str, Spec]]] = {
    NodeKind.DATA_SOURCE: {
        "symbol": Text(32),
        "timeframe": TimeframeName(),
        "bars": Number(1, 50_000, whole=True),
        "assetClass": Word(("crypto", "stocks", "forex")),
        "dataSource": Text(),
        "provider": Text(32),
    },
    NodeKind.CUSTOM_DATASET: {"fileName": Text(200)},
    NodeKind.INDICATOR: {
        "indicator": Text(),
        "source": Word(("close", "open", "high", "low", "hl2", "hlc3", "ohlc4", "volume")),
        **dict.fromkeys(
            ("period", "fastPeriod", "slowPeriod", "signalPeriod", "kPeriod", "dPeriod", "slowing"),
            _PERIOD,
        ),
        "multiplier": Number(0.01, 100),
        "acceleration": Number(0.0001, 1),
        "maximum": Number(0.0001, 10),
    },
    NodeKind.CONDITION: {
        "condition": Text(),
        "conditionType": Text(),
        "value": Number(),
        "value2": Number(),
        "lookback": Number(1, 200, whole=True),
        "sensitivity": Number(0.1, 5),
        "confirmationBars": Number(0, 20, whole=True),
        "percentageThreshold": Number(0, 100),
        "higherTimeframe": TimeframeName(),
        "trendStrength": _STRENGTH,
        "patternStrength": _STRENGTH,
        "divergenceType": Word(("regular", "hidden", "exaggerated")),
        "volumeThreshold": Number(0.1, 10),
        "volumePeriod": Number(5, 200, whole=True),
        "patternMinBars": Number(3, 50, whole=True),
        "structureLookback": Number(10, 500, whole=True),
        "volatilityPeriod": Number(5, 100, whole=True),
        "volatilityMultiplier": Number(0.5, 5),
        "correlationPeriod": Number(10, 200, whole=True),
        "correlationThreshold": Number(-1, 1),
    },
    NodeKind.LOGIC: {"operation": Word(("and", "or", "not", "xor")), "inputs": Number(1, 8, whole=True)},
    NodeKind.ACTION: {
        "action": Text(),
        "order_type": Text(),
        "quantity": Number(1e-12, 1e15),
        "price_offset": Number(-100, 100),
        "stop_loss": _PERCENT,
        "take_profit": _PERCENT,
        "confidence": Number(0, 1),
        "time_in_force": Word(("gtc", "day", "ioc", "fok", "gtd", "atc", "ato")),
    },
    NodeKind.RISK: {"maxLoss": Number(0, 1000)},
    NodeKind.OUTPUT: {},
    NodeKind.REGIME: {
        **dict.fromkeys(("trendWindow", "lookback", "volatilityWindow"), Number(2, 500, whole=True)),
        "volatilityMultiplier": Number(0.01, 100),
        "trendThreshold": Number(-10, 10),
    },
    NodeKind.TIMEFRAMES: {"timeframes": TimeframeNames(), "higherTimeframes": TimeframeNames()},
    NodeKind.CORRELATION: dict.fromkeys(("window", "lookback"), Number(2, 500, whole=True)),
    NodeKind.SENTIMENT: {
        **dict.fromkeys(("smoothing", "window"), Number(1, 500, whole=True)),
        "threshold": Number(0, 1e15),
    },
}
"""By kind: the parameters that mean something here."""


def check_parameters(kind: NodeKind, written: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The parameters with values of their types, and a sentence for each that has none."""
    checked: dict[str, Any] = {}
    problems: list[str] = []
    for name, spec in PARAMETERS[kind].items():
        value = written.get(name)
        if value is None or value == "":
            continue
        try:
            checked[name] = _value(spec, value)
        except ValueError as problem:
            problems.append(f"{name} {problem}")
    return checked, problems


def read_timeframe(text: str) -> Timeframe | None:
    """The timeframe of the usual spellings: `4h`, `4H`, `1D`; a capital M alone means months."""
    plain = text.strip()
    for spelling in (plain, plain.lower()):
        if spelling in set(Timeframe):
            return Timeframe(spelling)
    return None


def _value(spec: Spec, value: Any) -> Any:
    match spec:
        case Number():
            return _number(spec, value)
        case Word(choices):
            word = str(value).strip().lower()
            if not isinstance(value, str) or word not in choices:
                raise ValueError(f"must be one of {', '.join(choices)}, not {_shown(value)}")
            return word
        case Text(longest):
            if not isinstance(value, str) or len(value) > longest or not value.isprintable():
                raise ValueError(f"must be a text of at most {longest} characters, not {_shown(value)}")
            return value.strip()
        case TimeframeName():
            return _timeframe(value)
        case TimeframeNames():
            return list(_timeframes(value))


def _number(spec: Number, value: Any) -> float | int:
    if isinstance(value, str) and len(value) <= 32:
        # Some rows hold what the editor's field held: a text.
        try:
            value = float(value)
        except ValueError:
            raise ValueError(f"must be a number, not {_shown(value)}") from None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"must be a number, not {_shown(value)}")
    if not math.isfinite(value) or not spec.low <= value <= spec.high:
        raise ValueError(f"must lie between {spec.low:g} and {spec.high:g}, it is {_shown(value)}")
    if not spec.whole:
        return float(value)
    if value != int(value):
        raise ValueError(f"must be a whole number, it is {_shown(value)}")
    return int(value)


def _timeframe(value: Any) -> str:
    timeframe = read_timeframe(value) if isinstance(value, str) and len(value) <= 8 else None
    if timeframe is None:
        raise ValueError(f"must be one of {' '.join(Timeframe)}, not {_shown(value)}")
    return timeframe.value


def _timeframes(value: Any) -> Iterator[str]:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list) or not 1 <= len(parts) <= len(Timeframe):
        raise ValueError(f"must be a list of timeframes, not {_shown(value)}")
    yield from (_timeframe(part) for part in parts)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:40] + "…"
