"""What went wrong in a strategy, as bounded, printable facts for its author.

Frames of the bundle only, and no source text: code is its author's property and must not reach logs or status.
An exception is itself user code: even asking for its message may raise.
"""

import traceback
from collections.abc import Collection
from types import TracebackType
from typing import Final

from strategy_contracts.worker_protocol import Failed
from strategy_sandbox.output import printable

MESSAGE_BYTES: Final = 2048
_TRACEBACK_BYTES: Final = 4096
_TYPE_CHARACTERS: Final = 128
_FRAMES: Final = 20


def failed(request_id: int, error: BaseException, files: Collection[str]) -> Failed:
    """The answer to a request that raised `error`; `files` are the bundle's paths."""
    if isinstance(error, SyntaxError) and error.filename in files:
        return Failed(
            id=request_id,
            error_type=type(error).__name__,
            message=bounded(error.msg or "invalid syntax", MESSAGE_BYTES),
            file=error.filename,
            line=error.lineno,
        )
    frames = _user_frames(error.__traceback__, files)
    file, line, _ = frames[-1] if frames else (None, None, "")
    return Failed(
        id=request_id,
        error_type=printable(type(error).__name__)[:_TYPE_CHARACTERS],
        message=bounded(_message(error), MESSAGE_BYTES),
        file=file,
        line=line,
        traceback=_render(frames) or None,
    )


def forget(error: BaseException) -> None:
    """Let go of what the frames of an exception hold, which may be all the memory there is."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        if current.__traceback__ is not None:
            traceback.clear_frames(current.__traceback__)
        current.__traceback__ = None
        current = current.__context__


def bounded(text: str, limit: int) -> str:
    """Printable text of at most `limit` bytes in UTF-8."""
    encoded = printable(text[:limit]).encode("utf-8", "replace")
    return encoded[:limit].decode("utf-8", "ignore")


def _message(error: BaseException) -> str:
    try:
        text = str(error)
    except BaseException:  # noqa: BLE001 - the strategy's own __str__
        return "(the exception's own text could not be had)"
    return text if type(text) is str else "(the exception's own text is none)"


def _user_frames(trace: TracebackType | None, files: Collection[str]) -> list[tuple[str, int, str]]:
    frames = []
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename in files:
            # tb_lineno is None for code without lines, which only a forged code object has.
            frames.append((code.co_filename, trace.tb_lineno or code.co_firstlineno, code.co_name))
        trace = trace.tb_next
    return frames


def _render(frames: list[tuple[str, int, str]]) -> str:
    left_out = len(frames) - _FRAMES
    lines = [f'File "{file}", line {line}, in {name}' for file, line, name in frames[-_FRAMES:]]
    if left_out > 0:
        lines.insert(0, f"({left_out} more calls)")
    text = "\n".join(printable(line) for line in lines)
    return text.encode("utf-8", "replace")[:_TRACEBACK_BYTES].decode("utf-8", "ignore")
