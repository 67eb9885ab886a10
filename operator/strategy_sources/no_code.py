"""The No-Code database: workflows drawn in the console, with the code that its compiler made of them.

The public id of a workflow is its uuid; its number is understood when its owner asks, and never given out. NULLs are
everywhere: the platform's defaults are set by its Python code, not by its tables.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from strategy_contracts.bundle import MAX_BUNDLE_BYTES
from strategy_contracts.signal import StrategySource
from strategy_sources.errors import SourceRefused
from strategy_sources.json_text import read_json_object
from strategy_sources.listing import SORT_SQL, Described, Keys, ListQuery, keys_of
from strategy_sources.postgres import Postgres, read_queries
from strategy_sources.stored_strategy import StoredStrategy
from strategy_sources.wanted import Owner, Wanted, as_number, as_text, as_uuid

_QUERIES: Final = read_queries(Path(__file__).with_name("no_code.sql"))
_MAIN_FILE: Final = "main.py"


class NoCodeDatabase:
    """Workflows, for their owners."""

    source = StrategySource.NO_CODE

    def __init__(self, url: str, *, connections: int = 2) -> None:
        self._postgres = Postgres(url, "No-Code", connections=connections)

    async def fingerprints(self, wanted: Collection[Wanted]) -> dict[Wanted, str]:
        return {asked: row["fingerprint"] for asked, row in await self._rows("fingerprints", wanted)}

    async def load(self, wanted: Collection[Wanted]) -> dict[Wanted, StoredStrategy]:
        return {asked: _strategy(row) for asked, row in await self._rows("load", wanted)}

    async def keys(self, query: ListQuery) -> Keys:
        """The owner's workflows in order."""
        owner = as_number(query.owner.user_id)
        if owner is None and not query.everybody:
            return Keys()
        order = query.order
        rows = await self._postgres.fetch(
            _QUERIES["keys"].format(sort=SORT_SQL[order.by], direction=order.direction, behind=order.behind),
            *(owner, query.everybody, query.name_part, _uuids(query.only), _uuids(query.without)),
            *(query.limit, *(query.behind or (None, None))),
        )
        return keys_of(rows)

    async def described(self, ids: Collection[str], owner: Owner, *, everybody: bool) -> dict[str, Described]:
        """By the id that was asked with, a uuid or a number: the owner's own, and what others have made public."""
        by_id: dict[str | int, str] = {}
        for text in ids:
            uuid, number = as_uuid(text), as_number(text)
            if uuid is not None:
                by_id[str(uuid)] = text
            elif number is not None:
                by_id[number] = text
        uuids = [key for key in by_id if isinstance(key, str)]
        numbers = [key for key in by_id if isinstance(key, int)]
        if not by_id:
            return {}
        asker = as_number(owner.user_id)
        rows = await self._postgres.fetch(_QUERIES["described"], asker, everybody, uuids, numbers)
        return {by_id[key]: _described(row) for row in rows for key in (row["id"], row["number"]) if key in by_id}

    async def check(self) -> None:
        """Returns if the database answers."""
        await self._postgres.fetch("SELECT 1")

    async def close(self) -> None:
        await self._postgres.close()

    async def _rows(self, query: str, wanted: Collection[Wanted]) -> list[tuple[Wanted, Any]]:
        """What the statement finds, each with what was asked."""
        asked: list[Wanted] = []
        ids: list[UUID] = []
        owners: list[int] = []
        for one in wanted:
            uuid, owner = as_uuid(one.strategy_id), as_number(one.user_id)
            if uuid is not None and owner is not None:
                asked.append(one)
                ids.append(uuid)
                owners.append(owner)
        if not asked:
            return []
        rows = await self._postgres.fetch(_QUERIES[query], ids, owners, MAX_BUNDLE_BYTES)
        return [(asked[row["asked"]], row) for row in rows]


def _strategy(row: Any) -> StoredStrategy:
    """The drawing and the code; one of them is enough, and what is wrong with it counts only without the other."""
    code, drawing, drawing_problem, refusal = row["code"] or "", None, None, None
    try:
        drawing = _drawing(row)
    except SourceRefused as error:
        drawing_problem, refusal = error.message, error
    if row["code"] is None and row["code_bytes"] > MAX_BUNDLE_BYTES:
        refusal = _too_large("the stored code", row["code_bytes"])
    usable = bool(drawing or code.strip())
    return StoredStrategy(
        strategy_id=row["id"],
        source=StrategySource.NO_CODE,
        owner_field="user_id",
        owner_id=row["owner"],
        name=row["name"],
        files={_MAIN_FILE: code} if code.strip() else {},
        drawing=drawing,
        drawing_problem=drawing_problem or (None if drawing else "none is stored"),
        requirements=row["requirements"] or "",
        compilation=row["compilation"],
        refusal=None if usable else refusal,
    )


def _drawing(row: Any) -> dict[str, Any] | None:
    if row["drawing"] is None and (row["drawing_bytes"] or 0) > MAX_BUNDLE_BYTES:
        raise _too_large("the drawing", row["drawing_bytes"])
    try:
        return read_json_object(row["drawing"], "the drawing") or None
    except ValueError as error:
        raise SourceRefused("DrawingNotReadable", str(error)) from None


def _too_large(what: str, size: int) -> SourceRefused:
    return SourceRefused("BundleTooLarge", f"{what} has {size} bytes; at most {MAX_BUNDLE_BYTES} can be run")


def _described(row: Any) -> Described:
    status, compilation = as_text(row["stored_status"]), as_text(row["compilation_status"])
    return Described(
        strategy_id=row["id"],
        source=StrategySource.NO_CODE,
        wanted=Wanted(row["id"], user_id=row["owner"]),
        name=row["name"],
        description=row["description"] or "",
        tags=tuple(tag for tag in row["tags"] or () if tag),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        stored_status=(status or "draft").lower(),
        compilation_status=(compilation or "pending").lower(),
        category=row["category"],
        version=f"v{row['version'] or 1}",
        own=row["own"],
        public=row["public"],
    )


def _uuids(ids: Collection[str] | None) -> list[UUID] | None:
    return None if ids is None else [uuid for text in ids if (uuid := as_uuid(text)) is not None]
