# A cycle that the collector takes apart in the middle of somebody else's work.
import gc


class Bomb:
    def __init__(self):
        self.me = self

    def __del__(self):
        open("/tmp/PWNED-cycle", "w").close()
        raise SystemExit


def generate_signals(data, parameters):
    for _ in range(1000):
        Bomb()
    gc.collect()
    return []
