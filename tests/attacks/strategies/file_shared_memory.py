# The shared memory folder is a file system too.
import os


def generate_signals(data, parameters):
    os.close(os.open("/dev/shm/PWNED-shm", os.O_CREAT | os.O_WRONLY))
    return []
