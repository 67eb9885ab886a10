"""Reads a strategy from a file, a folder, or the manifest of a TradingStrategy."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from strategyctl.errors import UnusableInput

MANIFEST_SUFFIXES: Final = (".yaml", ".yml", ".json")
MAIN_FILE: Final = "main.py"


@dataclass(frozen=True, kw_only=True)
class StrategyFiles:
    """A strategy as its author wrote it. `spec` is what a manifest says beyond the code."""

    name: str
    files: dict[str, str]
    main_file: str
    spec: dict[str, Any] = field(default_factory=dict)


def read_strategy(path: Path) -> StrategyFiles:
    """Raises UnusableInput with the path and what is wrong."""
    if path.is_dir():
        return _read_folder(path)
    if path.suffix in MANIFEST_SUFFIXES:
        # pydantic and YAML are needed for manifests alone.
        from strategyctl.manifest import read_manifest  # noqa: PLC0415

        return read_manifest(path)
    return StrategyFiles(name=path.stem, files={path.name: read_text(path)}, main_file=path.name)


def read_text(path: Path) -> str:
    """The file's text; UnusableInput says why there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise UnusableInput(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise UnusableInput(f"{path}: not UTF-8 text (byte {error.start})") from None


def _read_folder(folder: Path) -> StrategyFiles:
    paths = sorted(path for path in folder.rglob("*.py") if not any(part.startswith(".") for part in path.parts))
    files = {str(path.relative_to(folder)): read_text(path) for path in paths}
    if not files:
        raise UnusableInput(f"{folder}: the folder holds no Python file")
    main_file = MAIN_FILE if MAIN_FILE in files else next(iter(files))
    if main_file != MAIN_FILE and len(files) > 1:
        raise UnusableInput(f"{folder}: which file is the strategy? Call it {MAIN_FILE}, or name one file")
    return StrategyFiles(name=folder.resolve().name, files=files, main_file=main_file)
