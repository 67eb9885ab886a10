# Integers that no message carries, and a million keys.
STATE = {}


def generate_signals(data, parameters):
    STATE["large"] = 10**5000
    STATE.update({str(number): number for number in range(1_000_000)})
    return []
