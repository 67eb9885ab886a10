# A file that exists in memory only.
import os


def generate_signals(data, parameters):
    file = os.memfd_create("PWNED")
    os.ftruncate(file, 1 << 30)
    return [{"symbol": "BTCUSDT", "action": "BUY", "metadata": {"escaped": True}}]
