# Exponential backtracking inside one call.
import re


def generate_signals(data, parameters):
    re.match(r"(a|aa)+$", "a" * 60 + "b")
    return []
