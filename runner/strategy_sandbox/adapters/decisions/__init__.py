"""Reads what strategies answer: the result forms of the platform, normalised, none repaired.

Whether a decision makes sense (subscribed symbol, finite numbers) is for the supervisor to judge; here a value must
only be of the right kind. All else is a sentence for the author: no silent HOLD, no default symbol.
"""

from strategy_sandbox.adapters.decisions.about import About
from strategy_sandbox.adapters.decisions.answers import read_decisions
from strategy_sandbox.adapters.decisions.columns import read_decision_columns, read_signal_column
from strategy_sandbox.adapters.decisions.symbol_answers import read_symbol_decisions

__all__ = ["About", "read_decision_columns", "read_decisions", "read_signal_column", "read_symbol_decisions"]
