"""As the no-code generator writes it: two action nodes, decisions at every bar while the condition holds."""

from __future__ import annotations

import numpy as np
import pandas as pd


def load_data():
    raise RuntimeError("random data is no data")


def run_advanced_analysis(df):
    return df


def compute_indicators(df):
    df = df.copy()
    df["indicator_change_1"] = df["close"] / df["close"].shift(5)
    return df


def evaluate_conditions(df):
    df = df.copy()
    df["signal_up_1"] = df["indicator_change_1"] > 1.001
    df["signal_down_1"] = df["indicator_change_1"] < 0.999
    return df


def combine_logic(df):
    return df.copy()


def apply_risk_controls(df):
    return df.copy()


def generate_trading_decisions(df):
    df = df.copy()
    df["decision_buy_1"] = np.where(df["signal_up_1"], "BUY", "HOLD")
    df["decision_sell_1"] = np.where(df["signal_down_1"], "SELL", "HOLD")
    return df


def run_strategy():
    return generate_trading_decisions(compute_indicators(load_data()))
