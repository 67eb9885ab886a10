"""Pure analysis of strategy code: what may run, how it is called. It parses; it never executes.

Gives authors quick answers with line numbers. It is not a security boundary: that is the sandbox.
"""

from strategy_code.analysis import analyse
from strategy_code.verdict import Finding, Severity, Verdict

__all__ = ["Finding", "Severity", "Verdict", "analyse"]
