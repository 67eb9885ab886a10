# One line of fifty megabytes.
def generate_signals(data, parameters):
    print("y" * (50 << 20))
    return []
