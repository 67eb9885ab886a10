# posix_spawn makes a process without a fork that Python knows of.
import os


def generate_signals(data, parameters):
    os.posix_spawn("/bin/sleep", ["/bin/sleep", "30"], {})
    return [{"symbol": "BTCUSDT", "action": "BUY", "metadata": {"escaped": True}}]
