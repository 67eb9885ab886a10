# An error whose text is a log line, and whose type's name is another one.
def generate_signals(data, parameters):
    kind = type('Forged\n{"event": "forged", "level": "error"}', (Exception,), {})
    raise kind('x\r\n{"event": "supervisor_stopped", "exit_code": 0}\n\x1b[2J\u202e' + "A" * 100_000)
