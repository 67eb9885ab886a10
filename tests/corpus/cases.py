"""The cases: attacks of this repository, and where it is at hand the larger corpus beside the repository.

An attack's source is bytes, because some are no text. Nothing here runs an attack.
"""

import csv
import os
import runpy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).parents[2]
OWN = ROOT / "tests" / "attacks"
SHARED = Path(os.environ.get("STRATEGY_CORPUS", ROOT.parent / "shared" / "corpus"))

ALSO_RIGHT = {"682_entry_nested.py": (3,)}
"""Lines that are as right as the one in the corpus: here the nested function itself instead of the one around it."""

REFUSED_AS_WELL = ("643_time_patched.py", "652_module_patch_numpy.py")
"""The corpus lets them run; the policy knows a library that is written to, and names the line."""

Expectation = Literal["reject", "contain", "reject-or-contain", "accept"]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One strategy: what the static policy should say of it, and how it should end when the policy is left out."""

    name: str
    category: str
    source: bytes
    policy: Expectation
    lines: tuple[int, ...] = ()
    """Where the policy may name an offence, for `reject`."""
    ends: str | None = None
    """The fault that the sandbox reports when the policy is left out; "answers" for none; None: not told."""

    @property
    def text(self) -> str:
        """As a bundle can carry it."""
        return self.source.decode("utf-8", "replace")

    @property
    def is_text(self) -> bool:
        try:
            self.source.decode("utf-8")
        except UnicodeDecodeError:
            return False
        return True


def own_attacks() -> list[Case]:
    """Attacks of this repository, at least three of each class."""
    return [
        Case(
            name=row["name"],
            category=row["class"],
            source=(OWN / "strategies" / f"{row['name']}.py").read_bytes(),
            policy="reject" if row["policy"] == "refuse" else "contain",
            lines=(int(row["line"]),) if row["line"] else (),
            ends=row["ends"],
        )
        for row in _rows(OWN / "INDEX.tsv")
    ]


def shared_attacks() -> list[Case]:
    """The whole of the larger corpus; empty where it is absent."""
    folder = SHARED / "attacks"
    if not folder.exists():
        return []
    return [
        Case(
            name=row["file"].split(".", 1)[0],
            category=row["category"],
            source=_source(folder / row["file"]),
            policy="reject-or-contain" if row["file"] in REFUSED_AS_WELL else row["expect"],  # type: ignore[arg-type]
            lines=_lines(row["file"], row["line"]),
        )
        for row in _rows(folder / "INDEX.tsv")
    ]


def honest_strategies() -> list[Case]:
    """Strategies that have to be admitted and evaluated; empty where the larger corpus is absent."""
    folder = SHARED / "benign"
    return [
        Case(name=path.stem, category="honest", source=path.read_bytes(), policy="accept", ends="answers")
        for path in sorted(folder.glob("*.py"))
    ]


def _lines(file: str, line: str) -> tuple[int, ...]:
    return () if line == "-" else (int(line), *ALSO_RIGHT.get(file, ()))


def _source(path: Path) -> bytes:
    if not path.name.endswith(".gen.py"):
        return path.read_bytes()
    # A builder of our own kind, not the attack: too large or too odd a source to be kept as a file.
    built: bytes = runpy.run_path(str(path))["SOURCE"]
    return built


def _rows(index: Path) -> Iterator[dict[str, str]]:
    with index.open(newline="", encoding="utf-8") as lines:
        yield from csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
