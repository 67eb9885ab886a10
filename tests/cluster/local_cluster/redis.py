"""A Redis without persistence: what the platform keeps in it can all be made again."""

from .layout import NODE_IP, Layout
from .listeners import Listener
from .processes import Program


def program(layout: Layout) -> Program:
    options = {
        "--bind": (NODE_IP, "127.0.0.1"),
        "--port": (str(layout.ports.redis),),
        "--protected-mode": ("no",),
        "--save": ("",),
        "--appendonly": ("no",),
        "--dir": (str(layout.data),),
    }
    words = tuple(word for option, values in options.items() for word in (option, *values))
    port = layout.ports.redis
    listens = (Listener(NODE_IP, port), Listener("127.0.0.1", port))
    return Program("redis", ("redis-server", *words), f"{NODE_IP}:{port}", listens)


def url(layout: Layout) -> str:
    return f"redis://{NODE_IP}:{layout.ports.redis}/0"
