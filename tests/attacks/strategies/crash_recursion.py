# Recursion without an end.
def generate_signals(data, parameters):
    return generate_signals(data, parameters)
