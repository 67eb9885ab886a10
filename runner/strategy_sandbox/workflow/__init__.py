"""The interpreter of drawings: a plan of small incremental steps, compiled once, run once for each closed bar."""
