"""The operator: keeps one runner pod alive for every TradingStrategy, and says in its status how it is.

Gather (`cluster`, `sources`, `run_reports`), decide (`plan` and what it calls: pure), apply (`reconcile`).
"""
