"""The spellings of PostgreSQL URLs in use on the platform, as the driver reads them. Pure.

SQLAlchemy's `postgresql+driver://` and libpq's query options are both accepted. The driver passes options that it does
not know to the server, which refuses the connection; so those that only speak to other clients are left out here.
"""

import re
from typing import Final
from urllib.parse import parse_qsl, urlencode

from strategy_code.words import words

_SCHEMES: Final = ("postgresql", "postgres", "postgresql+asyncpg", "postgresql+psycopg2", "postgresql+psycopg")
_OTHER_CLIENTS: Final = frozenset(
    words("""
    async_fallback channel_binding client_encoding connect_timeout fallback_application_name gssdelegation gssencmode
    keepalives keepalives_count keepalives_idle keepalives_interval load_balance_hosts max_overflow min_protocol_version
    max_protocol_version pool_recycle pool_size pool_timeout prepared_statement_cache_size prepared_statement_name_func
    requirepeer require_auth sslcertmode sslcompression sslsni statement_cache_size tcp_user_timeout
    """)
)
_SSL_MODES: Final = {"true": "require", "1": "require", "on": "require", "false": "disable", "0": "disable"}
_HOSTS: Final = re.compile(
    r"(\[[0-9A-Fa-f:.%]+\]|[^\[\]:,@]*)(:\d{1,5})?(,(\[[0-9A-Fa-f:.%]+\]|[^\[\]:,@]*)(:\d{1,5})?)*"
)


def normalised(url: str) -> str:
    """The URL as the driver reads it. ValueError says what cannot be read, and never repeats the URL."""
    scheme, separator, rest = url.strip().partition("://")
    if not separator or scheme.lower() not in _SCHEMES:
        raise ValueError(f"a database URL must start with one of {', '.join(_SCHEMES)} and ://")
    rest, _, query = rest.partition("?")
    authority, slash, path = rest.partition("/")
    user, at, hosts = authority.rpartition("@")
    if "@" in user or "@" in path or not _HOSTS.fullmatch(hosts):
        raise ValueError(
            "a database URL is postgresql://user:password@host:port/database; "
            "write %40 for @, %2F for / and %3A for : in user and password"
        )
    options = _options(query)
    return f"postgresql://{user}{at}{hosts}{slash}{path}" + (f"?{urlencode(options)}" if options else "")


def _options(query: str) -> dict[str, str]:
    try:
        given = parse_qsl(query, keep_blank_values=True, strict_parsing=True) if query else []
    except ValueError:
        raise ValueError("the options of a database URL are written ?name=value&name=value") from None
    options: dict[str, str] = {}
    for name, value in given:
        if name == "ssl":
            options["sslmode"] = _SSL_MODES.get(value.lower(), value)
        elif name not in _OTHER_CLIENTS:
            options[name] = value
    return options
