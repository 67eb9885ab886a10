# Acts when the process ends.
import atexit
import os

atexit.register(lambda: os.system("touch /tmp/PWNED-atexit"))
atexit.register(lambda: open("/tmp/PWNED-atexit", "w").close())


def generate_signals(data, parameters):
    return []
