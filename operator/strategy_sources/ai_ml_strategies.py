"""From records of the AI/ML database to strategies. Pure; what a record may hold is anybody's choice."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final

from strategy_code.source_text import MAX_FILES
from strategy_contracts.bundle import MAX_BUNDLE_BYTES
from strategy_contracts.signal import StrategySource
from strategy_sources.ai_ml_schema import ProjectTables
from strategy_sources.errors import SourceRefused
from strategy_sources.file_paths import files_by_path
from strategy_sources.json_text import read_json_object
from strategy_sources.listing import Described
from strategy_sources.stored_strategy import StoredStrategy
from strategy_sources.wanted import Wanted

_VERSION: Final = "1.0"
"""As the platform gives it for everything of the AI/ML service."""
_PERFORMANCE: Final = ("total_return", "sharpe_ratio", "max_drawdown", "win_rate")


def strategy_of_row(row: Any) -> StoredStrategy:
    """A row of era A: its code is the whole strategy."""
    files, parameters, refusal = {}, {}, None
    try:
        _require_readable("the stored code", row["code"], row["code_bytes"])
        _require_readable("parameters", row["parameters"], row["parameters_bytes"])
        parameters = _parameters(row["parameters"])
        files = {"main.py": row["code"]} if row["code"].strip() else {}
    except SourceRefused as error:
        refusal = error
    return StoredStrategy(
        strategy_id=row["id"],
        source=StrategySource.AI_ML,
        owner_field="user_id",
        owner_id=row["owner"],
        name=row["name"],
        files=files,
        parameters=parameters,
        refusal=refusal,
    )


def projects_of(rows: Sequence[Any], tables: ProjectTables) -> dict[int, StoredStrategy]:
    """Projects by the number of the question, from one record a file in that order."""
    return {number: _project(list(group), tables) for number, group in groupby(rows, key=lambda row: int(row["asked"]))}


def _project(rows: list[Any], tables: ProjectTables) -> StoredStrategy:
    first = rows[0]
    files, refusal = {}, None
    try:
        if first["bytes"] > MAX_BUNDLE_BYTES:
            raise _too_large("the project", first["bytes"])
        if first["files"] > MAX_FILES:
            raise SourceRefused(
                "BundleTooLarge", f"the project has {first['files']} files; at most {MAX_FILES} can be run"
            )
        named = [(_path(row["path"], tables), row["content"]) for row in rows if row["path"] is not None]
        # The IDE keeps some folders as records without content.
        files = files_by_path((path, content) for path, content in named if content or not path.endswith("/"))
    except SourceRefused as error:
        refusal = error
    return StoredStrategy(
        strategy_id=first["id"],
        source=StrategySource.AI_ML,
        owner_field=tables.owner_field,
        owner_id=first["owner"] or "",
        name=first["name"] or "",
        files=files,
        refusal=refusal,
    )


def described(row: Any) -> Described:
    """What lists show of a row or a project."""
    owner = row["owner"] or ""
    return Described(
        strategy_id=row["id"],
        source=StrategySource.AI_ML,
        wanted=Wanted(row["id"], user_id=owner, subject=owner),
        name=row["name"] or "",
        description=row["description"] or "",
        tags=tuple(tag for tag in row["tags"] or () if tag),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        stored_status=row["stored_status"].lower() if row["stored_status"] else None,
        version=_VERSION,
        performance={name: row[name] for name in _PERFORMANCE},
    )


def _path(path: str, tables: ProjectTables) -> str:
    return path.removeprefix("/") if tables.rooted else path


def _parameters(text: str | None) -> dict[str, Any]:
    try:
        return read_json_object(text, "parameters")
    except ValueError as error:
        raise SourceRefused("ParametersNotReadable", str(error)) from None


def _require_readable(what: str, text: str | None, size: int) -> None:
    if text is None and size > MAX_BUNDLE_BYTES:
        raise _too_large(what, size)


def _too_large(what: str, size: int) -> SourceRefused:
    return SourceRefused("BundleTooLarge", f"{what} has {size} bytes; at most {MAX_BUNDLE_BYTES} can be run")
