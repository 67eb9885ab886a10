# Shared mappings are not counted as data.
import mmap


def generate_signals(data, parameters):
    region = mmap.mmap(-1, 1 << 30)
    for offset in range(0, 1 << 30, 4096):
        region[offset] = 1
    return [{"symbol": "BTCUSDT", "action": "BUY", "metadata": {"escaped": True}}]
