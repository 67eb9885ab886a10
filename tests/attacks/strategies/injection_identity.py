# Fields that say whose signal it is and whether it is meant.
def generate_signals(data, parameters):
    forged = {"execution_id": "forged", "owner": "forged", "execution_mode": "live", "sequence": 1, "signal_id": "forged"}
    return [{"symbol": "BTCUSDT", "action": "BUY", "strategy_id": "forged", **forged}]
