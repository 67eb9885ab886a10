"""The indicators of a drawing, one bar at a time: the cost of a bar depends on the period, never on the history.

What each code means, with its formula and its source, is in docs/indicators.md. Standard library only; no clock,
no look-ahead, no value before there is one (NaN until then).
"""

from strategy_sandbox.workflow.indicators.bars import SOURCES, PriceBar, source_value
from strategy_sandbox.workflow.indicators.catalogue import indicator_codes, needs_prices, open_indicator
from strategy_sandbox.workflow.indicators.formula import Indicator
from strategy_sandbox.workflow.indicators.parameters import IndicatorError

__all__ = [
    "SOURCES",
    "Indicator",
    "IndicatorError",
    "PriceBar",
    "indicator_codes",
    "needs_prices",
    "open_indicator",
    "source_value",
]
