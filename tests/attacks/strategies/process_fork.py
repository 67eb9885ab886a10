# One more process, which would live on.
import os
import time


def generate_signals(data, parameters):
    if os.fork() == 0:
        time.sleep(30)
        os._exit(0)
    return [{"symbol": "BTCUSDT", "action": "BUY", "metadata": {"escaped": True}}]
