# A pandas method is called by a name that is put together when it runs.
def generate_signals(data, parameters):
    for frame in data.values():
        frame.agg("_".join(["to", "csv"]), path_or_buf="/tmp/PWNED-agg")
    return []
