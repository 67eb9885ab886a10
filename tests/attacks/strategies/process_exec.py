# Another program in the place of this one, with the socket in its hands.
import os


def generate_signals(data, parameters):
    os.execv("/bin/sh", ["/bin/sh", "-c", "touch /tmp/PWNED-exec; sleep 30"])
