"""What every source ends in: files, a main file, parameters; and what is refused before anybody analyses it. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from strategy_contracts.bundle import MAX_BUNDLE_BYTES, bundle_digest
from strategy_sources.errors import SourceRefused
from strategy_sources.stored_strategy import Owner, StoredStrategy, main_file_of

_FILE_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")


@dataclass(frozen=True)
class StrategyFiles:
    """A strategy as it was found, before its code was looked at."""

    files: Mapping[str, str] = field(repr=False)
    main_file: str
    parameters: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def digest(self) -> str:
        """The digest of the bundle these files make."""
        return bundle_digest(self.files, self.main_file, self.parameters)


def strategy_files(
    files: Mapping[str, str], main_file: str, parameters: Mapping[str, Any] | None, where: str
) -> StrategyFiles:
    """Files of a ConfigMap or of the resource; `where` names the field for the author."""
    if main_file not in files:
        there = ", ".join(sorted(files)) or "nothing"
        raise SourceRefused("MainFileNotFound", f"{where}: there is no {main_file}; found {there}")
    for name in files:
        if not _FILE_NAME.fullmatch(name):
            raise SourceRefused("FileNameNotAllowed", f"{where}: {name!r} is not a plain relative file name")
    size = sum(len(content.encode()) for content in files.values())
    if size > MAX_BUNDLE_BYTES:
        raise SourceRefused("BundleTooLarge", f"{where}: {size} bytes in all; at most {MAX_BUNDLE_BYTES} can be run")
    return StrategyFiles(dict(files), main_file, dict(parameters or {}))


def stored_files(
    stored: StoredStrategy | None,
    owner: Owner | None,
    parameters: Mapping[str, Any] | None,
    where: str,
) -> StrategyFiles:
    """Files of a database row that belongs to the owner; its own parameters, overlaid by those of the resource."""
    if stored is None or not stored.owned_by(owner):
        # One answer for both: who may not read a strategy need not learn that it exists.
        raise SourceRefused("StrategyNotFound", f"{where}: spec.owner has no strategy of this id")
    if not stored.files:
        raise SourceRefused("NoCode", f"{where}: no code is stored; a drawing has to be compiled in the console first")
    main_file = main_file_of(stored.files, where)
    return strategy_files(stored.files, main_file, {**stored.parameters, **(parameters or {})}, where)
