# One array larger than the machine.
import numpy as np


def generate_signals(data, parameters):
    return [{"symbol": "BTCUSDT", "action": "BUY", "metadata": {"sum": float(np.ones(10**11).sum())}}]
