"""The spellings of PostgreSQL URLs in use on the platform, as the driver reads them. Pure."""

from typing import Final

_SCHEMES: Final = ("postgresql", "postgres", "postgresql+asyncpg", "postgresql+psycopg2", "postgresql+psycopg")


def normalised(url: str) -> str:
    """The URL with the scheme `postgresql`. ValueError names the schemes that can be read, never the URL."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.lower() not in _SCHEMES:
        raise ValueError(f"a database URL must start with one of {', '.join(_SCHEMES)} and ://")
    return f"postgresql://{rest}"
