# Asks for memory until there is none.
def generate_signals(data, parameters):
    hoard = []
    while True:
        hoard.append(bytearray(4 << 20))
