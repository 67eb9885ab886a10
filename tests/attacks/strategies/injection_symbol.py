# A symbol that ends the line, the label and the query it stands in.
def generate_signals(data, parameters):
    return [{"symbol": 'BTCUSDT"} 1\nrunner_ready 0\n{"event": "forged"}; DROP TABLE signals; --', "action": "BUY"}]
