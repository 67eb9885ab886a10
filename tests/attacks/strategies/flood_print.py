# Prints without end.
def generate_signals(data, parameters):
    while True:
        print("x" * 1000)
