"""The words and wire formats that every process of this project shares.

Pure data: no I/O, no clock, no environment. This module imports nothing, so that a runner
process that needs `bar` does not also load pydantic (`resource` and `crd_schema` alone use it).
"""
