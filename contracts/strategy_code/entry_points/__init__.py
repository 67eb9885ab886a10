"""Rule 7: how the strategy wants to be called, found by the set of its functions and methods and their arity.

Never by class names: several shapes of the platform share those. Absence and ambiguity are refusals that list what
was found and what was expected.
"""

from strategy_code.entry_points.search import EntryPointSearch, find_entry_point

__all__ = ["EntryPointSearch", "find_entry_point"]
