# Control characters, format fields and markup in texts that are stored and shown.
def generate_signals(data, parameters):
    texts = ['\n{"event": "forged"}', "\x1b[2J", "%s%n{0.__class__}", "<script>alert(1)</script>", "\u202egnp.exe"]
    return [{"symbol": "BTCUSDT", "action": "BUY", "metadata": {text: text}} for text in texts]
