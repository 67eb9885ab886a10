"""Money and quantities of `app.sdk`: decimals that can be reckoned with beside the floats that prices are."""

from decimal import Decimal
from typing import Any, Final


class Amount(Decimal):
    """A Decimal that takes a float in arithmetic at its written value, instead of refusing it."""

    def __add__(self, other: Any) -> "Amount":
        return Amount(Decimal.__add__(self, exact(other)))

    def __sub__(self, other: Any) -> "Amount":
        return Amount(Decimal.__sub__(self, exact(other)))

    def __mul__(self, other: Any) -> "Amount":
        return Amount(Decimal.__mul__(self, exact(other)))

    def __truediv__(self, other: Any) -> "Amount":
        return Amount(Decimal.__truediv__(self, exact(other)))

    def __radd__(self, other: Any) -> "Amount":
        return Amount(Decimal.__add__(self, exact(other)))

    def __rsub__(self, other: Any) -> "Amount":
        return Amount(Decimal.__sub__(exact(other), self))

    def __rmul__(self, other: Any) -> "Amount":
        return Amount(Decimal.__mul__(self, exact(other)))

    def __rtruediv__(self, other: Any) -> "Amount":
        return Amount(Decimal.__truediv__(exact(other), self))

    def __neg__(self) -> "Amount":
        return Amount(Decimal.__neg__(self))

    def __abs__(self) -> "Amount":
        return Amount(Decimal.__abs__(self))


ZERO: Final = Amount(0)


def exact(value: Any) -> Decimal:
    """The number as it is written: 0.1 stays 0.1; TypeError for what is no number."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, bool) or not hasattr(value, "__float__"):
        raise TypeError(f"a number is needed, not a {type(value).__name__}")
    return Decimal(repr(float(value)))
