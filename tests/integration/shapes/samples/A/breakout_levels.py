"""The generator's next form: quantity, stop and target in columns, the levels as for a purchase."""

import pandas as pd


def compute_indicators(df: pd.DataFrame) -> pd.DataFrame:
    df = df.copy()
    df["indicator_high_1"] = df["high"].rolling(20).max().shift(1)
    df["indicator_low_1"] = df["low"].rolling(20).min().shift(1)
    return df


def evaluate_conditions(df):
    df = df.copy()
    df["signal_over_1"] = df["close"] > df["indicator_high_1"]
    df["signal_under_1"] = df["close"] < df["indicator_low_1"]
    return df


def generate_trading_decisions(df):
    df = df.copy()
    for name, action, column in (("long_1", "BUY", "signal_over_1"), ("short_1", "SELL", "signal_under_1")):
        df[f"decision_{name}"] = df[column].map({True: action, False: "HOLD"})
        df[f"quantity_{name}"] = 0.5
        df[f"stop_loss_{name}"] = df["close"] * 0.98
        df[f"take_profit_{name}"] = df["close"] * 1.04
    return df
