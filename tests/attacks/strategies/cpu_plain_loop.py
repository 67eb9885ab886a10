# Never comes back.
def generate_signals(data, parameters):
    while True:
        pass
