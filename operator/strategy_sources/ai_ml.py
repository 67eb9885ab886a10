"""The AI/ML database: rows with code (era A) and projects with files (both eras), asked in the words of its schema.

There is no link between rows and projects: a row is its code and nothing else. Owners are uuids in era A and user
names in era B. The schema may change while this runs: every look at fingerprints is a look at the schema too.
"""

from collections.abc import Awaitable, Callable, Collection
from typing import Final, TypeVar

from strategy_code.source_text import MAX_FILES
from strategy_contracts.bundle import MAX_BUNDLE_BYTES
from strategy_contracts.signal import StrategySource
from strategy_sources.ai_ml_schema import LOOK, AiMlSchema, read_schema
from strategy_sources.ai_ml_strategies import described, projects_of, strategy_of_row
from strategy_sources.errors import SchemaChanged, SourceUnavailable
from strategy_sources.listing import Described, Keys, ListQuery, keys_of
from strategy_sources.postgres import Postgres
from strategy_sources.stored_strategy import StoredStrategy
from strategy_sources.wanted import Owner, Wanted, as_text, as_uuid

T = TypeVar("T")
_NAME: Final = "AI/ML"


class AiMlDatabase:
    """Strategies and projects, for their owners."""

    source = StrategySource.AI_ML

    def __init__(self, url: str, *, connections: int = 2) -> None:
        self._postgres = Postgres(url, _NAME, connections=connections)
        self._schema: AiMlSchema | None = None

    async def fingerprints(self, wanted: Collection[Wanted]) -> dict[Wanted, str]:
        return await self._with_schema(lambda schema: self._fingerprints(schema, wanted))

    async def load(self, wanted: Collection[Wanted]) -> dict[Wanted, StoredStrategy]:
        return await self._with_schema(lambda schema: self._load(schema, wanted))

    async def keys(self, query: ListQuery) -> Keys:
        """The owner's rows and projects in order."""
        return await self._with_schema(lambda schema: self._keys(schema, query))

    async def described(self, ids: Collection[str], owner: Owner, *, everybody: bool) -> dict[str, Described]:
        """By the id that was asked with: the owner's own."""
        return await self._with_schema(lambda schema: self._described(schema, ids, owner, everybody))

    async def check(self) -> None:
        """Returns if the database answers."""
        await self._postgres.fetch("SELECT 1")

    async def close(self) -> None:
        await self._postgres.close()

    async def _with_schema(self, ask: Callable[[AiMlSchema], Awaitable[T]]) -> T:
        """Ask in the words of the schema that was last seen; once more where that has changed meanwhile."""
        if self._schema is not None:
            try:
                return await ask(self._schema)
            except SchemaChanged:
                self._schema = None
        ((columns,),) = await self._postgres.fetch(LOOK)
        schema = read_schema(columns)
        if not schema.known:
            tables = "neither a table strategies nor tables projects and files"
            raise SourceUnavailable(f"{_NAME} database: it has {tables} of either generation of the AI/ML service")
        self._schema = schema
        return await ask(schema)

    async def _fingerprints(self, schema: AiMlSchema, wanted: Collection[Wanted]) -> dict[Wanted, str]:
        rows, projects = _rows_asked(schema, wanted), _projects_asked(schema, wanted)
        answers = await self._postgres.fetch(
            schema.fingerprints(), *_columns(rows), *_columns(projects), MAX_BUNDLE_BYTES, MAX_FILES
        )
        found: dict[Wanted, str] = {}
        by_kind = {"row": rows, "project": projects}
        # Rows last: of a row and a project with the same id the row is meant, as in `_load`.
        for answer in sorted(answers, key=lambda answer: answer["kind"]):
            if answer["kind"] == "columns":
                if answer["fingerprint"] != schema.columns:
                    raise SchemaChanged(f"{_NAME} database: its tables have changed")
            else:
                asked, _, _ = by_kind[answer["kind"]][answer["asked"]]
                found[asked] = answer["fingerprint"]
        return found

    async def _load(self, schema: AiMlSchema, wanted: Collection[Wanted]) -> dict[Wanted, StoredStrategy]:
        found: dict[Wanted, StoredStrategy] = {}
        projects, rows = _projects_asked(schema, wanted), _rows_asked(schema, wanted)
        if projects and schema.projects is not None:
            answers = await self._postgres.fetch(schema.files(), *_columns(projects), MAX_BUNDLE_BYTES, MAX_FILES)
            for number, project in projects_of(answers, schema.projects).items():
                found[projects[number][0]] = project
        if rows:
            for row in await self._postgres.fetch(schema.rows(), *_columns(rows), MAX_BUNDLE_BYTES):
                found[rows[row["asked"]][0]] = strategy_of_row(row)
        return found

    async def _keys(self, schema: AiMlSchema, query: ListQuery) -> Keys:
        owner = as_uuid(query.owner.user_id), as_text(query.owner.subject)
        if owner == (None, None) and not query.everybody:
            return Keys()
        rows = await self._postgres.fetch(
            schema.keys(query.order),
            *(*owner, query.everybody, query.name_part, _texts(query.only), _texts(query.without)),
            *(query.limit, *(query.behind or (None, None))),
        )
        return keys_of(rows)

    async def _described(
        self, schema: AiMlSchema, ids: Collection[str], owner: Owner, everybody: bool
    ) -> dict[str, Described]:
        asked = {text.lower(): text for text in ids if as_text(text)}
        if not asked:
            return {}
        rows = await self._postgres.fetch(
            schema.described(), as_uuid(owner.user_id), as_text(owner.subject), everybody, list(asked)
        )
        return {asked[row["id"]]: described(row) for row in rows}


_Asked = list[tuple[Wanted, str, str]]
"""What was asked, the id and the owner as the tables have them."""


def _rows_asked(schema: AiMlSchema, wanted: Collection[Wanted]) -> _Asked:
    return _by_uuids(wanted) if schema.has_rows else []


def _projects_asked(schema: AiMlSchema, wanted: Collection[Wanted]) -> _Asked:
    if schema.projects is None:
        return []
    if schema.projects.owner_field == "user_id":
        return _by_uuids(wanted)
    asked = [(one, as_text(one.strategy_id), as_text(one.subject)) for one in wanted]
    return [(one, text, subject) for one, text, subject in asked if text is not None and subject is not None]


def _by_uuids(wanted: Collection[Wanted]) -> _Asked:
    asked = [(one, as_uuid(one.strategy_id), as_uuid(one.user_id)) for one in wanted]
    return [(one, str(uuid), str(owner)) for one, uuid, owner in asked if uuid is not None and owner is not None]


def _columns(asked: _Asked) -> tuple[list[str], list[str]]:
    return [text for _, text, _ in asked], [owner for _, _, owner in asked]


def _texts(ids: Collection[str] | None) -> list[str] | None:
    return None if ids is None else [text for text in ids if as_text(text)]
