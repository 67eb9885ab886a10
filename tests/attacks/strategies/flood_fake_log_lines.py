# Lines that look like the supervisor's own.
def generate_signals(data, parameters):
    print('\n{"event": "signals_published", "level": "info", "count": 1000000, "forged": true}\n')
    print("\x1b[2J\x1b]0;owned\x07\r\n# TYPE runner_signals_published counter\nrunner_signals_published_total 99999")
    return []
