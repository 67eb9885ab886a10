"""The meaning of every condition word, as a rule over the newest values of what is wired into the condition."""

from collections.abc import Callable, Mapping
from typing import Final

from strategy_sandbox.workflow.conditions.candles import CANDLES
from strategy_sandbox.workflow.conditions.chart_patterns import CHART_PATTERNS
from strategy_sandbox.workflow.conditions.comparisons import COMPARISONS
from strategy_sandbox.workflow.conditions.crossovers import CROSSOVERS
from strategy_sandbox.workflow.conditions.markets import MARKETS
from strategy_sandbox.workflow.conditions.site import Rule, Site
from strategy_sandbox.workflow.conditions.trends import TRENDS

RULES: Final[Mapping[str, Callable[[Site], Rule]]] = {
    **COMPARISONS,
    **CROSSOVERS,
    **TRENDS,
    **CHART_PATTERNS,
    **CANDLES,
    **MARKETS,
}
CONFIRMS_ITSELF: Final = frozenset(
    (set(CROSSOVERS) - {"bullish_divergence", "bearish_divergence"})
    | {"breakout_up", "breakout_down", "structure_break"}
)
"""Events: what must hold on the bars after them is not that they happen again."""

__all__ = ["CONFIRMS_ITSELF", "RULES", "Rule", "Site"]
