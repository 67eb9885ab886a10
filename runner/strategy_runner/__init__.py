"""The supervisor: the trusted half of a runner pod, and the only half with credentials.

Market data in, signals out, checkpoints, limits, health. It never runs user code and believes nothing
that comes from the strategy container.
"""
