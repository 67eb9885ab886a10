"""Which generation of the AI/ML service a database belongs to, told by its columns, and the statements for it. Pure.

A database that was migrated may have rows of era A beside projects of era B. Anything else is no AI/ML database.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from strategy_sources.listing import SORT_SQL, Order
from strategy_sources.postgres import read_queries

_QUERIES: Final = read_queries(Path(__file__).with_name("ai_ml.sql"))
LOOK: Final = _QUERIES["columns"]
"""Reads the columns that there are."""


@dataclass(frozen=True)
class ProjectTables:
    """How an era keeps projects and their files."""

    files: str
    path: str
    id: str
    """The type of ids and of owners."""
    owner_field: str
    """Which id of a person owns: user_id or subject."""
    owner: str
    """The parameter of lists that holds it."""
    rooted: bool
    """Whether paths begin with a slash that means the project's folder."""


ERA_A: Final = ProjectTables("project_files", "file_path", "uuid", "user_id", "$1::uuid", rooted=True)
ERA_B: Final = ProjectTables("files", "path", "varchar", "subject", "$2::text", rooted=False)


@dataclass(frozen=True)
class AiMlSchema:
    """What a database has."""

    columns: str
    """As read by `LOOK`: another text is another schema."""
    has_rows: bool
    projects: ProjectTables | None

    @property
    def known(self) -> bool:
        """Whether it is an AI/ML database at all."""
        return self.has_rows or self.projects is not None

    def fingerprints(self) -> str:
        """One statement for everything that is watched, the schema included."""
        parts = [_QUERIES["columns_part"].format(columns=LOOK)]
        if self.has_rows:
            parts.append(_QUERIES["row_fingerprints"])
        if self.projects is not None:
            parts.append(_of(self.projects, "project_fingerprints"))
        return _QUERIES["fingerprints"].format(parts=_union(parts))

    def rows(self) -> str:
        """Strategies of era A."""
        return _QUERIES["rows"]

    def files(self) -> str:
        """Projects with their files."""
        assert self.projects is not None
        return _of(self.projects, "projects")

    def keys(self, order: Order) -> str:
        """A stretch of an owner's list."""
        sort = SORT_SQL[order.by]
        parts = []
        if self.has_rows:
            parts.append(_QUERIES["keys_part"].format(sort=sort, table="strategies", owner=ERA_A.owner))
        if self.projects is not None:
            parts.append(_QUERIES["keys_part"].format(sort=sort, table="projects", owner=self.projects.owner))
        return _QUERIES["keys"].format(parts=_union(parts), direction=order.direction, behind=order.behind)

    def described(self) -> str:
        """What lists show."""
        parts = []
        if self.has_rows:
            parts.append(_QUERIES["described_rows"])
        if self.projects is not None:
            parts.append(_of(self.projects, "described_projects"))
        return _QUERIES["described"].format(parts=_union(parts))


def read_schema(columns: str) -> AiMlSchema:
    """From what `LOOK` answered."""
    # Texts are texts, with and without a length.
    there = set(columns.replace("character varying", "text").split(","))
    has_rows = {"strategies.code text", "strategies.id uuid", "strategies.user_id uuid"} <= there
    projects = None
    if {"project_files.file_path text", "projects.user_id uuid"} <= there:
        projects = ERA_A
    elif {"files.path text", "projects.user_id text"} <= there:
        projects = ERA_B
    return AiMlSchema(columns, has_rows, projects)


def _of(tables: ProjectTables, query: str) -> str:
    return _QUERIES[query].format(files=tables.files, path=tables.path, id=tables.id, owner=tables.owner)


def _union(parts: list[str]) -> str:
    return "\nUNION ALL\n".join(parts)
