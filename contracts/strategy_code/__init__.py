"""Pure analysis of strategy code: what may run, how it is called. It parses; it never executes.

Gives authors quick answers with line numbers (`analysis.analyse`). It is not a security boundary: that is the sandbox.
Imports nothing, so that the runner, which needs a few words and layouts, does not hold the whole policy in every pod.
"""
