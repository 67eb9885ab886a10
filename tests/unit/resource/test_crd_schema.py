"""The generated CRD is structural, bounded, and what is committed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from strategy_contracts.crd_schema import FILE_NAME, custom_resource_definition, structural
from strategy_contracts.resource import StrategySpec, StrategyStatus

REPOSITORY = Path(__file__).parents[3]
VERSION = custom_resource_definition()["spec"]["versions"][0]
SCHEMA = VERSION["schema"]["openAPIV3Schema"]
FORBIDDEN = {"$ref", "$defs", "anyOf", "oneOf", "allOf", "not", "const", "title", "patternProperties", "propertyNames"}


def _parts(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema inside a schema, with the path of the field it describes."""
    yield path, schema
    for name, part in schema.get("properties", {}).items():
        yield from _parts(part, f"{path}.{name}")
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from _parts(schema[key], f"{path}[]")


PARTS = dict(_parts(SCHEMA))
WRITTEN = {path: part for path, part in PARTS.items() if path.startswith(".spec")}


@pytest.mark.parametrize("path", PARTS)
def test_every_part_is_structural(path: str) -> None:
    """No keyword that the API server refuses, and every part has a type."""
    part = PARTS[path]
    assert not FORBIDDEN & part.keys()
    assert part["type"] in ("object", "array", "string", "number", "integer", "boolean")
    assert part.get("additionalProperties") is not False
    assert "default" not in part or part["default"] is not None
    for exclusive in ("exclusiveMinimum", "exclusiveMaximum"):
        assert part.get(exclusive) in (None, True)


@pytest.mark.parametrize("path", WRITTEN)
def test_every_part_that_people_write_is_bounded(path: str) -> None:
    """CEL is priced by the worst case, and etcd holds what is not refused."""
    part = WRITTEN[path]
    match part["type"]:
        case "string":
            assert "maxLength" in part or "enum" in part
        case "array":
            assert "maxItems" in part
        case "integer" | "number":
            assert {"minimum", "maximum"} <= part.keys()
        case "object":
            assert "properties" in part or "maxProperties" in part


@pytest.mark.parametrize("path", [path for path, part in PARTS.items() if "x-kubernetes-validations" in part])
def test_every_rule_has_a_sentence_that_names_its_field(path: str) -> None:
    for rule in PARTS[path]["x-kubernetes-validations"]:
        assert rule["message"].startswith("spec" + path.removeprefix(".spec").replace("[]", ""))


def test_conditions_merge_by_type() -> None:
    conditions = PARTS[".status.conditions"]
    assert conditions["x-kubernetes-list-type"] == "map"
    assert conditions["x-kubernetes-list-map-keys"] == ["type"]


def test_defaults_of_the_crd_are_those_of_the_models() -> None:
    """What the API server fills in and what Python fills in must be the same object."""
    spec = {"source": {"inline": {"files": {"main.py": "x = 1\n"}}}, "symbols": ["BTCUSDT"], "timeframe": "1m"}
    filled = _with_defaults(SCHEMA["properties"]["spec"], spec)
    assert StrategySpec.model_validate(filled) == StrategySpec.model_validate(spec)
    assert filled["schedule"] == {"onBarClose": True}
    assert filled["marketData"]["provider"] == "binance"
    assert filled["limits"] == {"memory": "512Mi", "executionTimeoutSeconds": 30.0, "loadTimeoutSeconds": 10.0}


def test_the_committed_file_is_what_the_models_say() -> None:
    committed = yaml.safe_load((REPOSITORY / "crds" / FILE_NAME).read_text())
    assert committed == json.loads(json.dumps(custom_resource_definition()))


def test_an_exclusive_bound_becomes_a_flag() -> None:
    assert structural({"type": "number", "exclusiveMinimum": 0}) == {
        "type": "number",
        "minimum": 0,
        "exclusiveMinimum": True,
    }


@pytest.mark.parametrize("model", [StrategySpec, StrategyStatus])
def test_no_part_shows_null(model: type[BaseModel]) -> None:
    assert "null" not in json.dumps(structural(model.model_json_schema()))


def _with_defaults(schema: dict[str, Any], value: Any) -> Any:
    """Defaulting as the API server does it: parents first, then inside them."""
    if isinstance(value, dict) and "properties" in schema:
        filled = dict(value)
        for name, part in schema["properties"].items():
            if name not in filled and "default" in part:
                filled[name] = part["default"]
            if name in filled:
                filled[name] = _with_defaults(part, filled[name])
        return filled
    return value
