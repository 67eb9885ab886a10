"""Structured logs: one JSON object a line in clusters, readable lines on a terminal.

Records of libraries that use the standard `logging` pass through the same processors, so that a log has
one form. Context (strategy, namespace, execution) is bound once per process or task by structlog's contextvars.
"""

import logging
import sys
from typing import TextIO

import msgspec
import structlog

_SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]


def _json(event: object, default: object = None, **_: object) -> str:
    return msgspec.json.encode(event, enc_hook=repr).decode()


def configure_logging(level: str = "INFO", log_format: str = "json", stream: TextIO = sys.stderr) -> None:
    """Route structlog and the standard `logging` to `stream`; `log_format` is `json` or `console`."""
    renderer: list[structlog.typing.Processor]
    if log_format == "console":
        renderer = [structlog.dev.ConsoleRenderer(colors=stream.isatty())]
    else:
        # Locals of frames would carry credentials and strategy code into the log.
        tracebacks = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        renderer = [
            structlog.processors.ExceptionRenderer(tracebacks),
            structlog.processors.JSONRenderer(serializer=_json),
        ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # One line per request tells an operator nothing that metrics do not.
    for name in ("aiohttp.access", "uvicorn.access"):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    # aiokafka logs what it also raises, at ERROR and with tracebacks, in floods while a broker is away; its children
    # carry a level of their own.
    for name in ("aiokafka", "aiokafka.consumer", "aiokafka.conn"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
