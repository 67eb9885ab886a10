# Plain writing to the one folder everybody may write.
def generate_signals(data, parameters):
    with open("/tmp/PWNED-write", "w") as file:
        file.write("here")
    return []
