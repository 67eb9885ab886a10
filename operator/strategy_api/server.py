"""uvicorn as this API uses it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from starlette.applications import Starlette

from strategy_api.settings import ApiSettings
from strategy_api.web_socket_protocol import ClosableWebSocketProtocol

_GRACE_S: Final = 10


class Server(uvicorn.Server):
    """Leaves signals to us: they first drain the streams, then stop the server."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def server_config(app: Starlette, settings: ApiSettings) -> uvicorn.Config:
    """uvicorn as measured: httptools, sans-io WebSockets, no compression of small messages."""
    return uvicorn.Config(
        app,
        host=settings.service_host,
        port=settings.service_port,
        root_path=settings.root_path,
        http="httptools",
        ws=ClosableWebSocketProtocol,
        ws_max_size=settings.websocket_max_message_size,
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE_S,
    )
