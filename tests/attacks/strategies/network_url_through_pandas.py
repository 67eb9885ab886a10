# pandas opens addresses where it expects files.
import pandas as pd


def generate_signals(data, parameters):
    pd.read_csv("http://127.0.0.1:18099/stolen")
    return []
