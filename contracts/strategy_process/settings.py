"""Settings: read once in `__main__`, frozen, complete before anything starts, printable without secrets.

A settings class is a frozen dataclass; field `http_port` is read from variable HTTP_PORT, or from the name in
`metadata={"env": ...}`. All problems are reported together, so that a pod needs one restart, not five.
"""

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from typing import Any, ClassVar, Protocol, TypeVar


class InvalidSettings(ValueError):
    """Settings that cannot work; the message names every variable that is wrong."""


class Secret:
    """A text that never shows itself in logs, errors or `repr`."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text; call it only where it is handed to a client."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


class DataclassInstance(Protocol):
    """Any dataclass; the standard library has no public name for it."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


S = TypeVar("S", bound=DataclassInstance)


def read_settings(cls: type[S], environ: Mapping[str, str]) -> S:
    """An instance of `cls` from `environ`. Unset and empty variables take the field's default.

    Raises InvalidSettings that lists each missing or malformed variable.
    """
    hints = typing.get_type_hints(cls)
    values: dict[str, Any] = {}
    problems: list[str] = []
    for field in fields(cls):
        variable = _variable(field)
        text = environ.get(variable, "").strip()
        if text:
            try:
                values[field.name] = _convert(hints[field.name], text)
            except ValueError as error:
                problems.append(f"{variable}: {error}")
        elif field.default is MISSING and field.default_factory is MISSING:
            problems.append(f"{variable} is not set")
    if problems:
        raise InvalidSettings("; ".join(problems))
    return cls(**values)


def describe(settings: DataclassInstance) -> dict[str, Any]:
    """The settings as log fields; secrets stay hidden."""
    return {
        field.name: "***" if isinstance(value, Secret) else value
        for field in fields(settings)
        if (value := getattr(settings, field.name)) is not None
    }


def variables(cls: type[DataclassInstance]) -> dict[str, bool]:
    """Names of the variables `cls` reads, each with whether it is required."""
    return {_variable(field): field.default is MISSING and field.default_factory is MISSING for field in fields(cls)}


def _variable(field: Field[Any]) -> str:
    return str(field.metadata.get("env", field.name.upper()))


def _boolean(text: str) -> bool:
    match text.lower():
        case "true" | "1" | "yes" | "on":
            return True
        case "false" | "0" | "no" | "off":
            return False
    raise ValueError(f"{text!r} is neither true nor false")


def _number(kind: Callable[[str], Any], noun: str) -> Callable[[str], Any]:
    def convert(text: str) -> Any:
        try:
            return kind(text)
        except ValueError:
            raise ValueError(f"{text!r} is not {noun}") from None

    return convert


_CONVERSIONS: dict[Any, Callable[[str], Any]] = {
    str: str,
    bool: _boolean,
    int: _number(int, "a whole number"),
    float: _number(float, "a number"),
    Secret: Secret,
    tuple[str, ...]: lambda text: tuple(part.strip() for part in text.split(",") if part.strip()),
}


def _convert(kind: Any, text: str) -> Any:
    if isinstance(kind, types.UnionType) or typing.get_origin(kind) is typing.Union:
        kind = next(part for part in typing.get_args(kind) if part is not type(None))
    return _CONVERSIONS[kind](text)
