"""Reads a strategy from a file of code, a drawing, a folder, or the manifest of a TradingStrategy."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from strategy_code.workflow import NoDrawing, workflow_bundle
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
    if path.suffix == ".json" and (drawing := as_drawing(read_text(path))) is not None:
        return drawn_strategy(path.stem, drawing, path, {})
    if path.suffix in MANIFEST_SUFFIXES:
        # pydantic and YAML are needed for manifests alone.
        from strategyctl.manifest import read_manifest  # noqa: PLC0415

        return read_manifest(path)
    return StrategyFiles(name=path.stem, files={path.name: read_text(path)}, main_file=path.name)


def as_drawing(text: str) -> dict[str, Any] | None:
    """The drawing in a JSON text; None when it holds something else, for example a manifest."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) and "nodes" in data else None


def drawn_strategy(name: str, drawing: Mapping[str, Any], path: Path, spec: dict[str, Any]) -> StrategyFiles:
    """A drawing as the file of a bundle."""
    try:
        files, main_file = workflow_bundle(drawing)
    except NoDrawing as problem:
        raise UnusableInput(f"{path}: {problem}") from None
    return StrategyFiles(name=name, files=files, main_file=main_file, spec=spec)


def with_node_parameters(strategy: StrategyFiles, parameters: dict[str, Any]) -> tuple[StrategyFiles, dict[str, Any]]:
    """Of a drawing: with those named `node.parameter` in its nodes, and the rest. Raises UnusableInput."""
    drawing = as_drawing(strategy.files[strategy.main_file]) if strategy.main_file.endswith(".json") else None
    if drawing is None:
        return strategy, parameters
    try:
        files, _ = workflow_bundle(drawing, parameters)
    except NoDrawing as problem:
        raise UnusableInput(str(problem)) from None
    return replace(strategy, files=files), {name: value for name, value in parameters.items() if "." not in name}


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
