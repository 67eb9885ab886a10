"""What every process of the project needs and none should write again.

Settings from the environment, structured logs, orderly shutdown, the health and metrics server, the
leader lease, the topics. Nothing here knows what a strategy is.
"""
