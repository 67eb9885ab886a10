# Defaults, decorators and annotations run when a function is defined, not when it is called.
def generate_signals(data, parameters=open("/tmp/PWNED-default", "w")):
    return []
