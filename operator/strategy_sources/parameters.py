"""Parameters of a strategy: what the resource says, over what the row says, over the defaults of its templates. Pure.

A template is an object such as `{"type": "int", "default": 10, "min": 2, "max": 50}` in place of a value. It says what
a value may be, wherever that comes from; and where a strategy has templates, an unknown name is a mistake.
"""

import difflib
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from strategy_sources.errors import SourceRefused

_KINDS: Final = {
    "int": "whole number",
    "integer": "whole number",
    "float": "number",
    "number": "number",
    "double": "number",
    "decimal": "number",
    "bool": "true or false",
    "boolean": "true or false",
    "str": "text",
    "string": "text",
    "text": "text",
    "select": "",
    "choice": "",
    "enum": "",
    "list": "list",
    "array": "list",
    "dict": "object",
    "object": "object",
}
_BOUNDS: Final = ("min", "minimum", "max", "maximum")
_CHOICES: Final = ("options", "choices", "enum", "values")
ALWAYS_KNOWN: Final = frozenset({"quantity"})
"""Parameters that the runner itself understands."""
_SHOWN: Final = 60


def is_template(value: Any) -> bool:
    """Whether that is a template of a value, not a value."""
    if not isinstance(value, dict) or not isinstance(value.get("type"), str) or value["type"] not in _KINDS:
        return False
    return "default" in value or any(name in value for name in (*_BOUNDS, *_CHOICES))


def effective_parameters(stored: Mapping[str, Any], given: Mapping[str, Any], where: str) -> dict[str, Any]:
    """What the strategy gets. SourceRefused names the parameter, what it may be, and where the wrong value stands."""
    templates = {name: value for name, value in stored.items() if is_template(value)}
    if templates:
        _refuse_unknown(given, stored)
    effective: dict[str, Any] = {}
    for name in (*stored, *(name for name in given if name not in stored)):
        place = f"spec.parameters.{name}" if name in given else f"{where}: parameter {name}"
        template = templates.get(name)
        if template is None:
            effective[name] = given[name] if name in given else stored[name]
        elif name in given or "default" in template:
            effective[name] = _checked(given.get(name, template.get("default")), template, place)
        else:
            raise SourceRefused("ParameterMissing", f"{place} has no default; give spec.parameters.{name}")
    return effective


def _refuse_unknown(given: Mapping[str, Any], stored: Mapping[str, Any]) -> None:
    for name in given:
        if name not in stored and name not in ALWAYS_KNOWN:
            near = difflib.get_close_matches(name, stored, n=1)
            hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(sorted(stored))[:300]}"
            raise SourceRefused(
                "ParameterUnknown", f"spec.parameters.{name}: the strategy has no such parameter; {hint}"
            )


def _checked(value: Any, template: Mapping[str, Any], place: str) -> Any:
    kind = _KINDS[template["type"]]
    value = _as_kind(value, kind)
    if value is None:
        raise SourceRefused("ParameterOutOfRange", f"{place}: a {kind or 'value'} is expected")
    if isinstance(value, int | float) and not isinstance(value, bool):
        _check_bounds(value, template, place)
    choices = next((template[name] for name in _CHOICES if isinstance(template.get(name), list)), None)
    if choices and value not in _values_of(choices):
        listed = ", ".join(str(choice) for choice in _values_of(choices))[:300]
        raise SourceRefused("ParameterOutOfRange", f"{place}: {_shown(value)} is none of {listed}")
    return value


def _as_kind(value: Any, kind: str) -> Any:
    """The value as that kind, None when it is not one. Nothing is converted but 14.0 to the whole number it is."""
    match kind:
        case "whole number":
            if isinstance(value, float) and value.is_integer():
                return int(value)
            return value if isinstance(value, int) and not isinstance(value, bool) else None
        case "number":
            numeric = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
            return value if numeric else None
        case "true or false":
            return value if isinstance(value, bool) else None
        case "text":
            return value if isinstance(value, str) else None
        case "list":
            return value if isinstance(value, list) else None
        case "object":
            return value if isinstance(value, dict) else None
    return value


def _check_bounds(value: float, template: Mapping[str, Any], place: str) -> None:
    for name in _BOUNDS:
        bound = template.get(name)
        if not isinstance(bound, int | float) or isinstance(bound, bool):
            continue
        if (value < bound) if name.startswith("min") else (value > bound):
            side = "below the minimum" if name.startswith("min") else "above the maximum"
            raise SourceRefused(
                "ParameterOutOfRange", f"{place}: {_shown(value)} is {side} {bound} that the strategy's template sets"
            )


def _values_of(choices: Sequence[Any]) -> list[Any]:
    """Choices are written as values, or as `{"label": …, "value": …}`."""
    return [choice["value"] if isinstance(choice, dict) and "value" in choice else choice for choice in choices]


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
