# The frame of a generator knows the builtins.
def generate_signals(data, parameters):
    values = (item for item in [1])
    values.gi_frame.f_builtins["open"]("/dev/shm/PWNED-frame", "w").close()
    return []
