"""The command line for authors: check a strategy, run it on a file of bars, without a cluster.

The same supervisor, warden and worker as in a runner pod, as processes of the user. Prints sentences, never tracebacks.
"""
