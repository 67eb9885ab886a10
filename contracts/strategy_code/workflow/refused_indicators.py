"""Indicators that the editor offers and that nobody has published a formula for; none so far."""

from collections.abc import Mapping
from typing import Final

REFUSED_INDICATORS: Final[Mapping[str, str]] = {}
"""By code: the reason, for the author."""
