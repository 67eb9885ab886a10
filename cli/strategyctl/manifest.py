"""Reads the manifest of a TradingStrategy with the cluster's own models. Needs pydantic, and PyYAML for YAML."""

import json
from pathlib import Path
from typing import Any

from strategyctl.errors import UnusableInput
from strategyctl.strategy_files import StrategyFiles, drawn_strategy, read_text

try:
    import yaml
    from pydantic import ValidationError

    from strategy_contracts.resource import KIND, TradingStrategy
except ImportError as missing:
    raise UnusableInput(
        f"reading a manifest needs {missing.name}, which is not installed: pip install 'strategy-operator[operator]'"
    ) from None


def read_manifest(path: Path) -> StrategyFiles:
    """The strategy in a manifest; only code that is in the manifest itself can be run here."""
    resource = _validated(path, _parse(path, read_text(path)))
    inline = resource.spec.source.inline
    if inline is None or (inline.files is None and inline.workflow is None):
        raise UnusableInput(f"{path}: spec.source: only what is inline can be run without a cluster")
    spec = resource.spec.model_dump(exclude={"source"}, exclude_none=True)
    name = str(resource.metadata.get("name") or path.stem)
    if inline.files is None:
        return drawn_strategy(name, inline.workflow or {}, path, spec)
    if inline.main_file not in inline.files:
        raise UnusableInput(f"{path}: spec.source.inline.mainFile: there is no {inline.main_file} in files")
    return StrategyFiles(name=name, files=inline.files, main_file=inline.main_file, spec=spec)


def _parse(path: Path, text: str) -> dict[str, Any]:
    try:
        documents = [json.loads(text)] if path.suffix == ".json" else list(yaml.safe_load_all(text))
    except (json.JSONDecodeError, yaml.YAMLError) as error:
        raise UnusableInput(f"{path}: {' '.join(str(error).split())}") from None
    found = [item for item in documents if isinstance(item, dict) and item.get("kind") == KIND]
    if len(found) != 1:
        raise UnusableInput(f"{path}: holds {len(found)} resources of kind {KIND}, expected one")
    return found[0]


def _validated(path: Path, document: dict[str, Any]) -> TradingStrategy:
    try:
        return TradingStrategy.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise UnusableInput(f"{path}: {field}: {first['msg']}") from None
