"""What the parts of the resource have in common: naming, strictness, bounded types, CEL rules.

Python names are snake_case, the resource's are camelCase. Absent, never null.
"""

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic.alias_generators import to_camel


def rules(*pairs: tuple[str, str]) -> dict[str, Any]:
    """CEL rules, each with the sentence that people read when it is broken, as a schema carries them."""
    return {"x-kubernetes-validations": [{"rule": rule, "message": message} for rule, message in pairs]}


class Written(BaseModel):
    """A part that people write: unknown fields are refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True, use_attribute_docstrings=True
    )


class Reported(BaseModel):
    """A part that the operator writes: a newer operator may have added fields."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True, use_attribute_docstrings=True
    )


SET: Final = {"x-kubernetes-list-type": "set"}
UUID: Final = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"

Symbol = Annotated[str, Field(min_length=1, max_length=32, pattern=r"^[A-Za-z0-9^][A-Za-z0-9^._/:=-]*$")]
Provider = Annotated[str, Field(min_length=1, max_length=32, pattern=r"^[a-z][a-z0-9_]*$")]
Digest = Annotated[str, Field(max_length=71, pattern=r"^sha256:[0-9a-f]{64}$")]
ObjectName = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")]
FileName = Annotated[str, Field(min_length=1, max_length=128)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Json = Annotated[dict[str, Any], WithJsonSchema({"type": "object", "additionalProperties": True, "maxProperties": 64})]
"""Any JSON object, for example parameters."""
