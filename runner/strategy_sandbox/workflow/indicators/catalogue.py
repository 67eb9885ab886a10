"""Every indicator code the editor offers, and the other spellings the platform stores."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from strategy_sandbox.workflow.indicators import (
    adaptive_averages,
    channels,
    momentum,
    moving_averages,
    oscillators,
    parabolic,
    relative_strength,
    structure,
    trend,
    volatility,
    volume_flows,
    volume_totals,
)
from strategy_sandbox.workflow.indicators.formula import Definition, Indicator, Reads, Restarting
from strategy_sandbox.workflow.indicators.parameters import IndicatorError, Parameters

_FAMILIES = (
    moving_averages.FAMILY,
    adaptive_averages.FAMILY,
    momentum.FAMILY,
    relative_strength.FAMILY,
    oscillators.FAMILY,
    volatility.FAMILY,
    channels.FAMILY,
    volume_totals.FAMILY,
    volume_flows.FAMILY,
    trend.FAMILY,
    parabolic.FAMILY,
    structure.FAMILY,
)
_DEFINITIONS: Mapping[str, Definition] = MappingProxyType(
    {code: definition for family in _FAMILIES for code, definition in family.items()}
)

_ALIASES = {
    "BOLLINGER": "BB",
    "BOLLINGER_BANDS": "BB",
    "BBANDS": "BB",
    "BOLLINGER_WIDTH": "BBWIDTH",
    "WILLR": "WILLIAMS",
    "WILLIAMS_R": "WILLIAMS",
    "STOCHASTIC": "STOCH",
    "STOCHASTIC_RSI": "STOCHRSI",
    "KELTNER": "KC",
    "KELTNER_CHANNEL": "KC",
    "KELTNER_CHANNELS": "KC",
    "DONCHIAN": "DC",
    "DONCHIAN_CHANNEL": "DC",
    "DONCHIAN_CHANNELS": "DC",
    "MOMENTUM": "MOM",
    "ULTOSC": "UO",
    "LINEARREG": "LSMA",
    "LINREG": "LSMA",
    "EFI": "FI",
    "SAR": "PSAR",
    "PARABOLIC_SAR": "PSAR",
    "TTM_SQUEEZE": "SQUEEZE",
    "TRUE_RANGE": "TRANGE",
    "STD": "STDDEV",
    "VARIANCE": "VAR",
    "ADL": "AD",
}


def _spelling(code: str) -> str:
    """Without case and separators: what the platform's writers disagree about."""
    return "".join(letter for letter in code.upper() if letter.isalnum())


_CODES = {_spelling(code): code for code in _DEFINITIONS} | {_spelling(alias): code for alias, code in _ALIASES.items()}


def indicator_codes() -> tuple[str, ...]:
    return tuple(_DEFINITIONS)


def needs_prices(code: str) -> bool:
    """Whether it reads the bar itself, so that another indicator's output alone cannot feed it."""
    return _definition(code).reads is not Reads.VALUE


def open_indicator(code: str, parameters: Mapping[str, Any]) -> Indicator:
    definition = _definition(code)
    return Restarting(definition, definition.open(Parameters(code, parameters)))


def _definition(code: str) -> Definition:
    known = _CODES.get(_spelling(code)) if isinstance(code, str) else None
    if known is None:
        raise IndicatorError(f"indicator {code!r} is not known; known are {', '.join(_DEFINITIONS)}")
    return _DEFINITIONS[known]
