"""Paths of a strategy's files: relative, plain, each once; what could lead elsewhere is refused. Pure."""

from collections.abc import Iterable
from typing import Final

from strategy_sources.errors import SourceRefused

MAX_PATH_LENGTH: Final = 500
_SHOWN: Final = 120


def check_path(path: str) -> None:
    """SourceRefused when it is not the plain relative path of a file."""
    problem = _problem(path)
    if problem is not None:
        raise SourceRefused("FileNameNotAllowed", f"{path[:_SHOWN]!r} {problem}")


def files_by_path(files: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Contents by path. SourceRefused names a path that is no plain one, or that two files have."""
    found: dict[str, str] = {}
    for path, content in files:
        check_path(path)
        if path in found:
            raise SourceRefused("FileNameNotAllowed", f"two files have the path {path!r}; delete one of them")
        found[path] = content
    return found


def _problem(path: str) -> str | None:
    if not path.isprintable():
        return "has characters that cannot be shown; rename the file"
    if len(path) > MAX_PATH_LENGTH:
        return f"is longer than {MAX_PATH_LENGTH} characters; rename the file"
    if "\\" in path:
        return "has a backslash; write folders with /"
    if path.startswith("/"):
        return "is an absolute path; files of a strategy have relative ones"
    parts = path.split("/")
    if ".." in parts:
        return "leads out of the strategy's folder; remove `..`"
    if "" in parts or "." in parts:
        return "is not a plain file path such as folder/file.py"
    return None
