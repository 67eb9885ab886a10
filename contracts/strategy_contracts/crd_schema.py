"""The CustomResourceDefinition, generated from the pydantic models: `python -m strategy_contracts.crd_schema [folder]`.

Kubernetes wants *structural* schemas: no `$ref`, no `anyOf` with null, no `additionalProperties: false`, and
exclusive bounds as booleans. What pydantic writes is converted here; nothing about any one field is known here.
"""

import json
import sys
from pathlib import Path
from typing import Any, Final

from strategy_contracts.resource import GROUP, KIND, PLURAL, SHORT_NAME, SINGULAR, VERSION, StrategySpec, StrategyStatus

CRD_NAME: Final = f"{PLURAL}.{GROUP}"
FILE_NAME: Final = f"{CRD_NAME}.yaml"
_HEADER: Final = "# Generated from contracts/strategy_contracts/resource by `make crds`. Do not edit.\n"

_KEPT: Final = frozenset(
    [
        "type",
        "description",
        "default",
        "enum",
        "format",
        "pattern",
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "minProperties",
        "maxProperties",
        "required",
    ]
)

_COLUMNS: Final = (
    ("Phase", "string", ".status.phase", 0),
    ("Symbols", "string", ".status.symbols", 0),
    ("Timeframe", "string", ".status.timeframe", 0),
    ("Mode", "string", ".spec.executionMode", 0),
    ("Ready", "string", '.status.conditions[?(@.type=="Ready")].status', 0),
    ("Age", "date", ".metadata.creationTimestamp", 0),
    ("Digest", "string", ".status.bundle.digest", 1),
    ("Reason", "string", '.status.conditions[?(@.type=="Ready")].reason', 1),
    ("Node", "string", ".status.runner.nodeName", 1),
)


def custom_resource_definition() -> dict[str, Any]:
    """The whole CRD as the API server takes it."""
    schema = {
        "type": "object",
        "description": "One run of one trading strategy on some symbols and one timeframe.",
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "spec": structural(StrategySpec.model_json_schema(by_alias=True)),
            "status": structural(StrategyStatus.model_json_schema(by_alias=True)),
        },
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": CRD_NAME},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": KIND,
                "listKind": f"{KIND}List",
                "plural": PLURAL,
                "singular": SINGULAR,
                "shortNames": [SHORT_NAME],
            },
            "versions": [
                {
                    "name": VERSION,
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": [_column(*column) for column in _COLUMNS],
                    "schema": {"openAPIV3Schema": schema},
                }
            ],
        },
    }


def structural(schema: dict[str, Any]) -> dict[str, Any]:
    """A JSON schema of pydantic as a structural schema of Kubernetes."""
    return _convert(schema, schema.get("$defs", {}))


def _convert(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    schema = _flattened(schema, definitions)
    result = {key: value for key, value in schema.items() if key in _KEPT or key.startswith("x-kubernetes-")}
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if exclusive in schema:
            result |= {bound: schema[exclusive], exclusive: True}
    if "properties" in schema:
        result["properties"] = {name: _convert(part, definitions) for name, part in schema["properties"].items()}
    if "items" in schema:
        result["items"] = _convert(schema["items"], definitions)
    match schema.get("additionalProperties"):
        case True:
            result["x-kubernetes-preserve-unknown-fields"] = True
        case dict(values):
            result["additionalProperties"] = _convert(values, definitions)
    if "default" in result:
        result["default"] = _default(result)
        if result["default"] is None:
            del result["default"]
    return result


def _flattened(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema with its reference resolved and `anyOf: [X, null]` replaced by X; what stands beside wins."""
    if reference := schema.get("$ref"):
        target = definitions[reference.removeprefix("#/$defs/")]
        return _flattened(target | {key: value for key, value in schema.items() if key != "$ref"}, definitions)
    if "anyOf" in schema:
        (only,) = [option for option in schema["anyOf"] if option != {"type": "null"}]
        return _flattened(only | {key: value for key, value in schema.items() if key != "anyOf"}, definitions)
    return schema


def _default(schema: dict[str, Any]) -> Any:
    """The default without nulls and without what the parts default to by themselves."""
    default, properties = schema["default"], schema.get("properties")
    if properties is None or default is None:
        return default
    return {
        name: value for name, value in default.items() if value is not None and properties[name].get("default") != value
    }


def _column(name: str, kind: str, path: str, priority: int) -> dict[str, Any]:
    column: dict[str, Any] = {"name": name, "type": kind, "jsonPath": path}
    return column | ({"priority": priority} if priority else {})


def yaml_text(value: Any, indent: int = 0) -> str:
    """Block style YAML in which every scalar is also JSON, which is all that a generated file needs."""
    pad = "  " * indent
    lines: list[str] = []
    entries = value.items() if isinstance(value, dict) else (("-", part) for part in value)
    for key, part in entries:
        lead = f"{pad}-" if isinstance(value, list) else f"{pad}{key}:"
        if isinstance(part, dict | list) and part:
            body = yaml_text(part, indent + 1)
            lines.append(f"{lead} {body.lstrip()}" if isinstance(value, list) else f"{lead}\n{body}")
        else:
            lines.append(f"{lead} {json.dumps(part, ensure_ascii=False)}")
    return "\n".join(lines)


def main() -> None:
    """Write the CRD into the folder given, or into `crds`."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "crds")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE_NAME).write_text(_HEADER + yaml_text(custom_resource_definition()) + "\n")


if __name__ == "__main__":
    main()
