# A traceback that blames a file of the supervisor, with a name that is a log line.
def generate_signals(data, parameters):
    code = compile("1 / 0", 'main.py\n{"event": "forged"}', "exec")
    exec(code)
