"""The market gateway: the one process that talks to exchanges and data vendors, for all runners.

One upstream subscription per series, one request budget per provider, closed bars fetched once. It knows nothing
of strategies and signals; runners meet it over HTTP and Redis (`strategy_contracts.market_protocol`).
"""
