"""What every source ends in: files, a main file, parameters; and what is refused before anybody analyses it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from strategy_contracts.bundle import MAX_BUNDLE_BYTES, Subscription, bundle_digest
from strategy_sources.errors import SourceRefused
from strategy_sources.file_paths import check_path
from strategy_sources.parameters import effective_parameters
from strategy_sources.requirements import check_requirements
from strategy_sources.runner_image import runner_packages
from strategy_sources.stored_strategy import StoredStrategy
from strategy_sources.wanted import Owner

_COMPILED: Final = frozenset({"success", "compiled", None})
"""What the console writes after a compilation that went well; NULL is of rows that it did not write."""
_REQUIREMENTS: Final = "requirements.txt"
_GENERATED: Final = "generated_requirements"


@dataclass(frozen=True)
class StrategyFiles:
    """A strategy as it was found, before its code was looked at."""

    files: Mapping[str, str] = field(repr=False)
    main_file: str
    parameters: Mapping[str, Any] = field(default_factory=dict, repr=False)
    note: str = ""
    """What people should know although it is no error."""
    subscriptions: tuple[Subscription, ...] = ()
    """The bars that a drawing needs."""

    @property
    def digest(self) -> str:
        """The digest of the bundle these files make."""
        return bundle_digest(self.files, self.main_file, self.parameters, self.subscriptions)


def strategy_files(
    files: Mapping[str, str],
    main_file: str,
    parameters: Mapping[str, Any] | None,
    where: str,
    *,
    own_image: bool = False,
    note: str = "",
) -> StrategyFiles:
    """A strategy of these files. `where` names their place for the author; an `own_image` has what it has."""
    if main_file not in files:
        there = ", ".join(sorted(files)[:10]) or "nothing"
        raise SourceRefused("MainFileNotFound", f"{where}: there is no {main_file}; found {there}")
    try:
        for path in files:
            check_path(path)
        if _REQUIREMENTS in files and not own_image:
            check_requirements(files[_REQUIREMENTS], _REQUIREMENTS, runner_packages())
    except SourceRefused as error:
        raise _at(where, error) from None
    found = StrategyFiles(dict(files), main_file, dict(parameters or {}), note)
    _require_bundle(found, where)
    return found


def owned(stored: StoredStrategy | None, owner: Owner | None, where: str) -> StoredStrategy:
    """The strategy, if it is there, belongs to the owner, and can be read."""
    if stored is None or not stored.owned_by(owner):
        # One answer for both: who may not read a strategy need not learn that it exists.
        raise SourceRefused("StrategyNotFound", f"{where}: spec.owner has no strategy of this id")
    if stored.refusal is not None:
        raise _at(where, stored.refusal)
    return stored


def stored_files(
    stored: StoredStrategy,
    main_file: str,
    given: Mapping[str, Any] | None,
    where: str,
    *,
    own_image: bool = False,
    note: str = "",
) -> StrategyFiles:
    """The stored code of a strategy, with its own parameters overlaid by those of the resource."""
    if stored.compilation not in _COMPILED:
        message = (
            f"{where}: the workflow's stored code is {stored.compilation}, not compiled; compile it in the console"
        )
        raise SourceRefused("NotCompiled", message)
    if stored.requirements and not own_image:
        try:
            check_requirements(stored.requirements, _GENERATED, runner_packages())
        except SourceRefused as error:
            raise _at(where, error) from None
    parameters = effective_parameters(stored.parameters, given or {}, where)
    return strategy_files(stored.files, main_file, parameters, where, own_image=own_image, note=note)


def main_file_by_name(files: Mapping[str, str]) -> str | None:
    """main.py, or the only Python file there is; None where names do not tell."""
    if "main.py" in files:
        return "main.py"
    python = [path for path in files if path.endswith(".py")]
    return python[0] if len(python) == 1 else None


def _require_bundle(found: StrategyFiles, where: str) -> None:
    try:
        size = sum(len(content.encode()) for content in found.files.values())
        # Half a character cannot be written into a bundle, a number beyond 64 bits not sent to a worker.
        carried = msgspec.msgpack.decode(msgspec.msgpack.encode(found.parameters)) == found.parameters
    except (UnicodeError, OverflowError, RecursionError):
        carried = False
    if not carried:
        raise SourceRefused(
            "NotReadable", f"{where}: files or parameters hold half characters, or numbers beyond 64 bits"
        )
    if size > MAX_BUNDLE_BYTES:
        raise SourceRefused("BundleTooLarge", f"{where}: {size} bytes in all; at most {MAX_BUNDLE_BYTES} can be run")


def _at(where: str, error: SourceRefused) -> SourceRefused:
    return SourceRefused(error.reason, f"{where}: {error.message}")
