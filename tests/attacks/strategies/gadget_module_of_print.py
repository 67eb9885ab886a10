# A builtin function carries the module it comes from, and that one has open.
def generate_signals(data, parameters):
    print.__self__.open("/tmp/PWNED-print", "w").close()
    return []
