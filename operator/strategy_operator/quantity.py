"""Kubernetes quantities, as far as a resource uses them. The API server has already refused what is none."""

from decimal import Decimal
from typing import Final

_FACTORS: Final = {
    "Ki": Decimal(2**10),
    "Mi": Decimal(2**20),
    "Gi": Decimal(2**30),
    "Ti": Decimal(2**40),
    "Pi": Decimal(2**50),
    "Ei": Decimal(2**60),
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "k": Decimal(10**3),
    "M": Decimal(10**6),
    "G": Decimal(10**9),
    "T": Decimal(10**12),
    "P": Decimal(10**15),
    "E": Decimal(10**18),
}


def bytes_of(quantity: str) -> int:
    """The quantity of memory in bytes, a fraction of a byte rounded up as Kubernetes does."""
    for suffix, factor in _FACTORS.items():
        if quantity.endswith(suffix):
            exact = Decimal(quantity.removesuffix(suffix)) * factor
            break
    else:
        exact = Decimal(quantity)
    return int(exact.to_integral_value(rounding="ROUND_CEILING"))
