# Half a megabyte in a field that everybody stores.
def generate_signals(data, parameters):
    return [{"symbol": "BTCUSDT", "action": "BUY", "metadata": {"text": "A" * 500_000}}]
