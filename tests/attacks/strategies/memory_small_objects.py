# The same by objects so small that no single request looks wrong.
def generate_signals(data, parameters):
    hoard = {}
    number = 0
    while True:
        hoard[number] = (number, str(number))
        number += 1
